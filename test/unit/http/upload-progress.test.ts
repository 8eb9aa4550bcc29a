import { describe, expect, test } from 'vitest';
import { Dialogue } from './dialogue.ts';

const MIB = 1 << 20;
const part = 'x'.repeat(16_384);

function upload(head: string, parts: number): Dialogue {
  const dialogue = new Dialogue();
  dialogue.client(head);
  for (let i = 0; i < parts; i++) dialogue.client(part);
  return dialogue;
}

describe('how a large request body comes', () => {
  test('at even steps of its length', () => {
    const { progressed } = upload(`PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${4 * MIB}\r\n\r\n`, 256).sink;
    expect(progressed.length).toBeGreaterThanOrEqual(30);
    expect(progressed.length).toBeLessThanOrEqual(33);
    expect(progressed[0]).toEqual({ exchange: 0, frame: 1 + 8, bytes: 128 << 10 });
    expect(progressed.every(({ bytes }, index) => index === 0 || bytes > progressed[index - 1]!.bytes)).toBe(true);
  });

  test('with growing steps where the length is not known', () => {
    const dialogue = new Dialogue();
    dialogue.client('PATCH /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let i = 0; i < 2048; i++) dialogue.client('4000\r\n', part, '\r\n');
    const { progressed } = dialogue.sink;
    expect(progressed[0]!.bytes).toBeGreaterThanOrEqual(64 << 10);
    expect(progressed.length).toBeLessThan(200);
    expect(progressed.at(-1)!.bytes).toBeGreaterThan(24 * MIB);
  });

  test('small bodies and responses tell nothing', () => {
    const dialogue = upload('PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 32768\r\n\r\n', 2);
    dialogue.server(`HTTP/1.1 200 OK\r\nContent-Length: ${MIB}\r\n\r\n`, ...Array.from({ length: 64 }, () => part));
    expect(dialogue.sink.progressed).toEqual([]);
  });
});
