import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzePart } from '../../../../main/dataset/analyze-part.ts';
import { DatasetFolder } from '../../../../main/dataset/dataset-folder.ts';
import { findParts } from '../../../../main/dataset/parts.ts';
import { run } from './fake-process.ts';

const TLS = join('..', 'shared', 'captures', 'lab', 's12_tls13_server_idle.pcap');
const KEYS = TLS.replace('.pcap', '.keylog.txt');
const NEEDED = existsSync(TLS) ? '' : ' (skipped: the lab is not at hand)';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'drainspotter-keys-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a key log that holds nothing', () => {
  it.each([
    ['slice', 'a.pcap', '--connections', '1', '--out'],
    ['analyze-many', 'a.pcap', '--out'],
  ])('ends %s before anything is written', async (...args) => {
    const keys = join(folder, 'no.keylog');
    const out = join(folder, `${args[0]!}-out`);
    writeFileSync(keys, 'nothing\n');
    expect(await run([...args, out, '--keylog', keys])).toMatchObject({ code: 3, err: expect.stringContaining('holds no TLS secrets') as string });
    expect(existsSync(out)).toBe(false);
  });
});

describe.skipIf(NEEDED !== '')(`TLS with its keys${NEEDED}`, () => {
  it('has requests in a data set, and none without them', async () => {
    const { parts: [part] } = await findParts([TLS], { by: 'file', pseudonyms: false });
    const requests = async (keyLogPath: string | null): Promise<number | undefined> => {
      const dataset = join(folder, keyLogPath === null ? 'without' : 'with');
      new DatasetFolder(dataset);
      return (await analyzePart({ dataset, part: part!, made: '', redact: true, pseudonyms: false, portBudget: null, keyLogPath })).summary?.requests;
    };
    expect(await requests(null)).toBe(0);
    expect(await requests(KEYS)).toBeGreaterThan(0);
  });
});
