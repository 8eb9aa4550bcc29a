import { expect, test } from 'vitest';
import { laneWords } from '../../../renderer/features/endpoint/lane-words.ts';
import { parseFrame } from '../../../renderer/features/connection/words.ts';
import { socketText } from '../../../shared/format/socket-text.ts';
import type { Lane } from '../../../shared/model/view.ts';

const lane: Lane = { connection: 44, clientPort: 51_808, requests: 1, spans: [0, 3, 3.05, 1, 3.05, 3.1, 2, 3.1, 78.1], probes: [33, 48], end: { kind: 'fin', by: 'server', time: 78.1 }, passedOver: [46, 66] };

test('a lane in words says what its drawing shows', () => {
  expect(laneWords(lane)).toBe('Connection 44, port 51808, 1 request, idle from 3.1 s to 1 min 18.1 s, 2 probes, passed over by 46, 66, FIN of the server at 1 min 18.1 s');
  expect(laneWords({ ...lane, spans: [], probes: [], passedOver: Array.from({ length: 60 }, (_, at) => at), end: { kind: 'open', by: null, time: 5 } }, false)).toBe(
    '1 request, passed over by 0, 1, 2, 3, 4, 5, 6, 7 and 52 more, open at the end of the capture',
  );
});

test('a lane says for how long its window was at zero', () => {
  expect(laneWords({ ...lane, spans: [1, 3, 10, 4, 4, 5.5, 4, 7, 8], probes: [], passedOver: [] }, false)).toBe('1 request, window zero for 2.5 s, FIN of the server at 1 min 18.1 s');
});

test('a frame is a number, with several captures two; anything else is none', () => {
  expect(['120', ' 1:120 ', '0', '', null, '1:', 'x', '1:2:3', '12345678901234567'].map(parseFrame)).toEqual([120, '1:120', 0, null, null, null, null, null, null]);
});

test('an IPv6 address has brackets before its port', () => {
  expect([socketText({ address: '192.0.2.1', port: 80 }), socketText({ address: 'fd00::1', port: 80 })]).toEqual(['192.0.2.1:80', '[fd00::1]:80']);
});
