import type { ClientFrame, RpcError, ServerFrame } from './frames.ts';
import { MAX_FRAME_BYTES } from './frames.ts';

/** A frame that cannot be: too large, no JSON, or of no known shape. The channel is closed for it. */
export class BadFrame extends Error {
  readonly code: 'frame-too-large' | 'bad-frame';

  constructor(code: BadFrame['code'], message: string) {
    super(message);
    this.name = 'BadFrame';
    this.code = code;
  }
}

/** Items a subscription may be sent ahead, at most. */
export const MAX_CREDIT = 1000;

/** @throws BadFrame `frame-too-large` */
export function encodeFrame(frame: ClientFrame | ServerFrame): string {
  const text = JSON.stringify(frame);
  refuseTooLarge(text);
  return text;
}

/** @throws BadFrame */
export function decodeClientFrame(text: string): ClientFrame {
  const frame = parse(text);
  const { id, t } = frame;
  if (isId(id)) {
    if (t === 'stop') return { t, id };
    if (t === 'more' && isCredit(frame['credit'])) return { t, id, credit: frame['credit'] };
    if (typeof frame['method'] === 'string') {
      const method = frame['method'];
      if (t === 'req') return { t, id, method, params: frame['params'] };
      if (t === 'sub' && isCredit(frame['credit'])) return { t, id, method, params: frame['params'], credit: frame['credit'] };
    }
  }
  throw new BadFrame('bad-frame', 'not a frame of a client');
}

/** @throws BadFrame */
export function decodeServerFrame(text: string): ServerFrame {
  const frame = parse(text);
  const { id, t } = frame;
  if (isId(id)) {
    if (t === 'ok') return { t, id, result: frame['result'] };
    if (t === 'item') return { t, id, item: frame['item'] };
    if (t === 'end') return { t, id };
    if (t === 'err' && isError(frame['error'])) return { t, id, error: frame['error'] };
  }
  throw new BadFrame('bad-frame', 'not a frame of a server');
}

function parse(text: string): Record<string, unknown> {
  refuseTooLarge(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadFrame('bad-frame', 'not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadFrame('bad-frame', 'not an object');
  return value as Record<string, unknown>;
}

function refuseTooLarge(text: string): void {
  // A UTF-16 unit takes at most three octets of UTF-8: most frames need no counting.
  if (text.length * 3 > MAX_FRAME_BYTES && utf8Length(text) > MAX_FRAME_BYTES) {
    throw new BadFrame('frame-too-large', `larger than ${MAX_FRAME_BYTES} octets`);
  }
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) length++;
    // Of a surrogate pair each unit counts two.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) length++;
  }
  return length;
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCredit(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CREDIT;
}

function isError(value: unknown): value is RpcError {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string' && 'message' in value && typeof value.message === 'string';
}
