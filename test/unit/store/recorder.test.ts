import { expect, test } from 'vitest';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { HttpStreams } from '../../../main/http/http-streams.ts';
import { Recorder } from '../../../main/store/recorder.ts';
import { ResultStore } from '../../../main/store/result-store.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';

test('the header order of the first response is kept for each connection, with a Server field and without one', () => {
  const store = new ResultStore(new AddressTable(), new NetworkPaths());
  const recorder = new Recorder(store, new Float64Array(1), [new AnomalyCounter()], false);
  const streams = new HttpStreams(recorder, new Float64Array(1));
  const orders = (...responses: string[]): string => {
    const row = recorder.connection();
    streams.opened(0, row, false);
    let asked = 0;
    let answered = 0;
    for (const response of responses) {
      const request = Buffer.from('GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n');
      const answer = Buffer.from(response);
      streams.data(0, request, 0, request.length, 1, answered);
      asked += request.length;
      streams.data(1, answer, 0, answer.length, 2, asked);
      answered += answer.length;
    }
    streams.closed(0);
    const { signs, signsId } = store.connections;
    expect(store.strings.text(signs.clientHeaderOrder(signsId.get(row)))).toBe(responses.length === 0 ? '' : 'Host,Accept');
    return store.strings.text(signs.serverHeaderOrder(signsId.get(row)));
  };
  expect(orders('HTTP/1.1 204 No Content\r\nserver: a\r\nDate: x\r\n\r\n', 'HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n')).toBe('server,Date');
  expect(orders('HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\n\r\n')).toBe('Date,Content-Length');
  expect(orders('HTTP/1.1 204 No Content\r\nETag: x\r\nDate: x\r\n\r\n')).toBe('ETag,Date');
  expect(orders('HTTP/1.1 204 No Content\r\nEtag: x\r\nDate: x\r\n\r\n')).toBe('Etag,Date');
  expect(orders('HTTP/1.1 204 No Content\r\nDate: x\r\nEtag: x\r\n\r\n')).toBe('Date,Etag');
  expect(orders()).toBe('');
});
