import { expect, it } from 'vitest';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { packetsOf, recordsOf, type RecordPlace } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

const BODY_BYTES = 48_000;
const BODY_RECORD = 16_000;
/** What chance makes of one in three million bytes: the header of a record of 4,000 bytes. */
const HEADER = [23, 3, 3, 0x0f, 0xa0];
/** Where it stands in the third record of the body. */
const PLACE = 1000;

/** Three exchanges; the ciphertext of the second body's third record has the header of a record in it. */
function written(body: Uint8Array): TlsWriter {
  const writer = new TlsWriter().handshake();
  writer.data('client', 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
  writer.data('client', 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', `HTTP/1.1 200 OK\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`).data('server', body, BODY_RECORD);
  return writer.data('client', 'GET /3 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nyy');
}

/** The records of the body. */
function bodyOf({ pieces }: TlsWriter): readonly RecordPlace[] {
  return recordsOf(pieces).filter(({ side, length }) => side === 'server' && length > 7000);
}

it('what looks like a whole record inside of one that is not whole yet was tried again with each segment, until a direction was given up', () => {
  // A stream cipher: what stands in the ciphertext can be chosen, once the key stream is known.
  const blank = written(new Uint8Array(BODY_BYTES));
  const body = new Uint8Array(BODY_BYTES);
  body.set(HEADER.map((byte, at) => byte ^ cipherText(blank)[at]!), 2 * BODY_RECORD + PLACE);
  const writer = written(body);
  expect([...cipherText(writer)]).toEqual(HEADER);

  const packets = packetsOf(writer.pieces, { maxSegment: 300 });
  // The header of the body's second record is lost: the search meets the third one.
  const at = 5001 + bodyOf(writer)[1]!.start;
  const lost = packets.filter(({ spec }) => spec!.from.port === 443 && spec!.seq <= at && at < spec!.seq + (spec!.data?.length ?? 0));
  expect(lost).toHaveLength(1);
  const { connections, anomalies } = analyzeTls(packets.filter((packet) => !lost.includes(packet)), writer.keyLog);
  expect(anomalies).toEqual({});
  expect(talked(connections[0]!).map(({ target }) => target)).toEqual(['/1', '/2', '/3']);
});

function cipherText(writer: TlsWriter): Uint8Array {
  const { start } = bodyOf(writer)[2]!;
  const stream = writer.pieces.filter(({ side }) => side === 'server').flatMap(({ bytes }) => [...bytes]);
  return Uint8Array.from(stream.slice(start + 5 + PLACE, start + 5 + PLACE + HEADER.length));
}
