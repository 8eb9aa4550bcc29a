import { describe, expect, it } from 'vitest';
import { ChunkedBodies, ChunkOutcome } from '../../../main/http/chunked.ts';
import { latin1 } from './dialogue.ts';

const names = Object.keys(ChunkOutcome);

/** Reads a body given in segments; the outcome, the data bytes, and how many bytes the body took. */
function read(...segments: string[]): { outcome: string; data: number; taken: number; loneLf: boolean } {
  const chunks = new ChunkedBodies();
  chunks.open(300);
  let skip = 0;
  let taken = 0;
  for (const segment of segments) {
    const bytes = latin1(segment);
    for (let p = 0; p < bytes.length; ) {
      const data = Math.min(skip, bytes.length - p);
      skip -= data;
      p += data;
      taken += data;
      if (p === bytes.length) break;
      const q = chunks.feed(300, bytes, p, bytes.length);
      taken += q - p;
      p = q;
      if (chunks.outcome === ChunkOutcome.data) skip = chunks.size;
      else if (chunks.outcome !== ChunkOutcome.more) return { outcome: names[chunks.outcome]!, data: chunks.announced(300), taken, loneLf: chunks.loneLf };
    }
  }
  return { outcome: skip > 0 ? 'data' : 'more', data: chunks.announced(300) - skip, taken, loneLf: chunks.loneLf };
}

describe('chunked bodies, RFC 9112 section 7.1', () => {
  it.each([
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 5],
    ['none', '0\r\n\r\n', 0],
    ['upper and lower case, leading zeros', '00A\r\n0123456789\r\n0b\r\n01234567890\r\n000\r\n\r\n', 21],
    ['extensions', '5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n', 5],
    ['blanks around the size', ' 5 \t; a = b\r\nhello\r\n0 \r\n\r\n', 5],
    ['trailers', '5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 7\r\n\r\n', 5],
    ['data that looks like chunks', '7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n', 7],
  ])('%s', (_name, body, data) => {
    const expected = { outcome: 'end', data, taken: body.length, loneLf: false };
    expect(read(body)).toEqual(expected);
    expect(read(body + 'HTTP/1.1 200 OK')).toEqual(expected);
    expect(read(...body)).toEqual(expected);
  });

  it('takes LF alone for a line end, and says so', () => {
    for (const body of ['5\nhello\r\n0\r\n\r\n', '5\r\nhello\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\n', '5;x\nhello\r\n0\r\n\r\n']) {
      expect(read(body)).toEqual({ outcome: 'end', data: 5, taken: body.length, loneLf: true });
    }
  });

  it.each([
    ['no digits', 'xyz\r\n'],
    ['an empty line for a size', '\r\n'],
    ['a sign', '-5\r\nhello'],
    ['0x', '0x5\r\nhello'],
    ['an extension without its semicolon', '5 a\r\nhello'],
    ['a bare CR behind the size', '5\rhello'],
    ['no line end behind the data', '5\r\nhello!\r\n'],
    ['a bare CR behind the data', '5\r\nhello\r5\r\n'],
    ['a bare CR for the last line', '0\r\n\rX'],
  ])('refuses %s', (_name, body) => {
    expect(read(body).outcome).toBe('invalid');
    expect(read(...body).outcome).toBe('invalid');
  });

  it('guards against sizes that are too large', () => {
    expect(read('fffffffffffff\r\n').outcome).toBe('data');
    expect(read('1fffffffffffff\r\n').outcome).toBe('data');
    expect(read('20000000000000\r\n').outcome).toBe('overflow');
    expect(read('ffffffffffffffffffff\r\n').outcome).toBe('overflow');
  });

  it('guards against lines without an end', () => {
    expect(read('0'.repeat(70_000)).outcome).toBe('tooLong');
    expect(read(`5;${'x'.repeat(70_000)}`).outcome).toBe('tooLong');
    expect(read(`0\r\n${'A: b\r\n'.repeat(12_000)}`).outcome).toBe('tooLong');
    expect(read(`${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`).outcome).toBe('end');
  });
});
