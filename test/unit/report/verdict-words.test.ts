import { expect, test } from 'vitest';
import { verdictWords } from '../../../main/report/verdict-words.ts';
import type { CloseReport, ConnectionReport } from '../../../shared/model/connection.ts';

function words(close: Partial<CloseReport>, exchanges = 0) {
  const report = { exchanges: Array.from({ length: exchanges }, () => ({ response: null })), startedAt: 0, endedAt: 3, close: { by: 'client', kind: 'fin', cause: 'client-idle', confidence: 'certain', idleSeconds: 2, time: 3, alternatives: [], evidence: [], ...close } };
  return verdictWords(report as unknown as ConnectionReport);
}

function detail(close: Partial<CloseReport>): string {
  return words(close).detail;
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

test('a connection whose packets were swallowed was told as reset', () => {
  const headline = (close: Partial<CloseReport>): string => words({ cause: 'middlebox', ...close }).headline;
  expect(headline({ kind: 'open', by: null, idleSeconds: null })).toBe('Something between client and server swallowed what was sent on this connection.');
  expect(headline({ kind: 'rst', by: 'server' })).toBe('Something between client and server reset this connection after 2.0 s idle.');
});

test('responses are counted as people count: 21 was "21th"', () => {
  const told = [1, 3, 11, 12, 13, 21, 22, 103, 111, 1001].map((exchanges) => /middle of the (.*)response/.exec(words({ cause: 'client-abort' }, exchanges).headline)![1]!.trim());
  expect(told).toEqual(['', 'third', '11th', '12th', '13th', '21st', '22nd', '103rd', '111th', '1,001st']);
});
