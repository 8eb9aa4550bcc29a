import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { captureNames, connectionsOf, CORPORA, WHY_SKIPPED } from './captures.ts';
import { Comparison, type Difference, readExceptions } from './differences.ts';
import { compareWithOracles, messagesOf } from './oracle.ts';

const names = captureNames(CORPORA, ['extra', 'derived']);
const comparison = new Comparison(readExceptions('corpora'));

describe.skipIf(WHY_SKIPPED !== '')(`captures of others agree with their oracles${WHY_SKIPPED}`, () => {
  const streams = WHY_SKIPPED === '' ? tcpStreams() : new Map<string, number>();

  it.each(names)('%s', async (name) => {
    const connections = await connectionsOf(CORPORA + name);
    const wanted = streams.get(name) ?? 0;
    const differences: Difference[] = compareWithOracles(CORPORA + name, connections);
    if (connections.length !== wanted) differences.unshift({ what: 'connections', subject: 'count', text: `${wanted} in the manifest, ${connections.length} reported` });
    const messages = messagesOf(connections);
    const count = (kind: string): number => messages.filter((message) => message.kind === kind).length;
    const probes = connections.reduce((sum, { keepAliveProbes }) => sum + keepAliveProbes.length, 0);
    expect(comparison.unexplained(name, differences, [connections.length, count('requests'), count('responses'), probes])).toEqual([]);
  });

  it('needs every exception', () => {
    expect(comparison.unusedExceptions()).toEqual([]);
  });

  afterAll(() => {
    console.log(comparison.table(['capture', 'connections', 'requests', 'responses', 'probes']));
  });
});

/** TCP streams by capture, as the manifests give them. */
function tcpStreams(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [file, prefix] of [['MANIFEST.tsv', ''], ['derived/DERIVED.tsv', 'derived/']] as const) {
    const [head, ...lines] = readFileSync(CORPORA + file, 'utf8').trimEnd().split('\n');
    const column = head!.split('\t').indexOf('tcp_streams');
    for (const line of lines) counts.set(prefix + line.split('\t')[0]!, Number(line.split('\t')[column]));
  }
  return counts;
}
