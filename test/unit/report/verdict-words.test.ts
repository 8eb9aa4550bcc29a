import { expect, test } from 'vitest';
import { verdictWords } from '../../../main/report/verdict-words.ts';
import type { CloseReport, ConnectionReport } from '../../../shared/model/connection.ts';

function detail(close: Partial<CloseReport>): string {
  const report = { exchanges: [], startedAt: 0, endedAt: 3, close: { by: 'client', kind: 'fin', cause: 'client-idle', confidence: 'certain', idleSeconds: 2, time: 3, alternatives: [], ...close } };
  return verdictWords(report as unknown as ConnectionReport).detail;
}

test('the close and what came before it are told, not what followed the close', () => {
  const evidence = [
    { frame: 11, note: 'request (GET)' },
    { frame: 13, note: 'last byte of the response' },
    { frame: 52, note: 'FIN of the client, 2.0 s after the last byte' },
    { frame: 54, note: 'the client refuses what still arrives (3 RST)' },
    { frame: 55, note: 'FIN of the server' },
  ];
  expect(detail({ frame: 52, evidence })).toBe('Frame 13: last byte of the response. Frame 52: FIN of the client, 2.0 s after the last byte.');
});

test('a close that is the first piece of evidence is told with what followed; without a close the last ones are told', () => {
  const evidence = [{ frame: 1, note: 'SYN' }, { frame: 2, note: 'answered by RST' }, { frame: 3, note: 'more' }];
  expect(detail({ frame: 1, evidence })).toBe('Frame 1: SYN. Frame 2: answered by RST.');
  expect(detail({ frame: null, kind: 'open', by: null, evidence })).toBe('Frame 2: answered by RST. Frame 3: more.');
  expect(detail({ frame: 1, evidence: [] })).toBe('');
});
