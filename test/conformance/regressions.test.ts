import { expect, it } from 'vitest';
import { analyzePackets } from '../kit/analyze-packets.ts';
import { conversation, filler } from '../kit/conversation.ts';
import { RST } from '../kit/packets.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

function answers(packets: ReturnType<typeof conversation>['packets']) {
  return analyzePackets(packets).flatMap(({ exchanges }) => exchanges.map(({ request, response }) => [request?.target, response?.status, response?.bodyBytes, response?.complete]));
}

it('a late segment that fills a hole was taken for a copy of an older packet', () => {
  const c = conversation({ mss: 500 }).handshake().client(GET).server('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
  c.server(filler(1000)).reorder().ack('client').close('client');
  expect(answers(c.packets)).toEqual([['/a', 200, 1000, true]]);
  expect(analyzePackets(c.packets)[0]!.gaps).toEqual([]);
});

it('pipelined requests that overtook one another in the capture changed their order in the report', () => {
  const c = conversation().handshake().client(GET).client('GET /b HTTP/1.1\r\nHost: a\r\n\r\n').reorder();
  c.server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').server('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n').close('client');
  expect(answers(c.packets)).toEqual([['/a', 200, 0, true], ['/b', 404, 0, true]]);
});

it('a RST that its receiver ignored hid the request behind it', () => {
  const c = conversation().handshake().rst('client').client(GET).server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi').close('server');
  expect(answers(c.packets)).toEqual([['/a', 200, 2, true]]);
});

it('a bare RST still ends a connection', () => {
  const c = conversation().handshake().client(GET).server('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi').rst('client', { flags: RST, ack: 0 });
  expect(analyzePackets(c.packets)[0]!.close).toMatchObject({ by: 'client', kind: 'rst' });
});

it('a second SYN-ACK with another number, after the first was acknowledged, split the connection', () => {
  const c = conversation({ serverIsn: 2_460_546_846, clientIsn: 663_169_180 }).handshake().client(GET).wait(6).retransmit().wait(0.4);
  c.synAck({ seq: 3_691_460_199, ack: 663_169_181, keepSequence: true }).ack('client').ack('server');
  c.server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi').close('server');
  expect(analyzePackets(c.packets)).toHaveLength(1);
  expect(answers(c.packets)).toEqual([['/a', 200, 2, true]]);
});
