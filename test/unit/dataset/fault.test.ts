import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { analyzePart } from '../../../main/dataset/analyze-part.ts';
import type { writeParquet } from '../../../main/report/parquet.ts';
import type { TableFile } from '../../../main/report/table-folder.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';

let opened: TableFile | null = null;
vi.mock('../../../main/report/parquet.ts', () => ({
  writeParquet: ((_, files) => {
    opened = files.open('connections.parquet');
    return Promise.reject(new TypeError('a fault'));
  }) satisfies typeof writeParquet,
}));

it('a fault in the middle of the tables leaves no file open: the process goes on with other captures', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-fault-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const capture = join(folder, 'web.pcap');
  writeFileSync(capture, toPcap(conversation().handshake().close('client').packets));
  const part = { name: 'web', paths: [capture], bytes: 1, modifiedAt: 0, named: true };
  const record = await analyzePart({ dataset: join(folder, 'data'), part, made: '', redact: true, pseudonyms: false, portBudget: null, keyLogPath: null });
  expect(record).toMatchObject({ status: 'failed', error: { code: 'fault' } });
  expect(() => opened!.write('more')).toThrow();
});
