import { CR, LF } from './octets.ts';

/** The beginning of a message head whose rest is in later segments. */
export interface Carry {
  bytes: Uint8Array;
  length: number;
  /** Bytes that were there before the last `append`. */
  before: number;
  /** Where the first byte was: position in the half-stream, frame, time, what its sender had acknowledged. */
  position: number;
  frame: number;
  time: number;
  acked: number;
  /** Offset behind the empty line that ends a head, -1 while it is not there; `scanned` bytes were searched. */
  headEnd: number;
  scanned: number;
  /** Length from which it is worth looking again at a start line that is not whole. */
  nextLook: number;
}

const FIRST_CAPACITY = 2048;
const SPARE = 32;

/** Split heads by half-stream: the only payload that HTTP reading copies. Bounded in total. */
export class Carries {
  private readonly carries = new Map<number, Carry>();
  private readonly spare: Uint8Array[] = [];
  private total = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(half: number): Carry | undefined {
    return this.carries.get(half);
  }

  /** Begins one; undefined where memory is used up. */
  open(half: number, position: number, frame: number, time: number, acked: number): Carry | undefined {
    this.drop(half);
    if (this.total + FIRST_CAPACITY > this.limit) return undefined;
    this.total += FIRST_CAPACITY;
    const bytes = this.spare.pop() ?? new Uint8Array(FIRST_CAPACITY);
    const carry: Carry = { bytes, length: 0, before: 0, position, frame, time, acked, headEnd: -1, scanned: 0, nextLook: 0 };
    this.carries.set(half, carry);
    return carry;
  }

  /** Adds bytes; false where memory is used up. */
  append(carry: Carry, bytes: Uint8Array, start: number, end: number): boolean {
    const length = carry.length + end - start;
    if (length > carry.bytes.length) {
      const capacity = Math.max(length, carry.bytes.length * 2);
      if (this.total + capacity - carry.bytes.length > this.limit) return false;
      this.total += capacity - carry.bytes.length;
      const grown = new Uint8Array(capacity);
      grown.set(carry.bytes.subarray(0, carry.length));
      carry.bytes = grown;
    }
    if (end - start < 64) for (let i = start, to = carry.length; i < end; i++) carry.bytes[to++] = bytes[i]!;
    else carry.bytes.set(bytes.subarray(start, end), carry.length);
    carry.before = carry.length;
    carry.length = length;
    return true;
  }

  /** Takes it out: its bytes are the caller's until the next `release`. */
  take(half: number): Carry | undefined {
    const carry = this.carries.get(half);
    this.carries.delete(half);
    return carry;
  }

  release(carry: Carry): void {
    this.total -= carry.bytes.length;
    if (carry.bytes.length === FIRST_CAPACITY && this.spare.length < SPARE) this.spare.push(carry.bytes);
  }

  drop(half: number): void {
    const carry = this.take(half);
    if (carry !== undefined) this.release(carry);
  }
}

/** Searches what is new for the empty line that ends the head. */
export function findHeadEnd(carry: Carry): boolean {
  const { bytes, length } = carry;
  for (let p = Math.max(0, carry.scanned - 2); p < length; p++) {
    if (bytes[p] !== LF) continue;
    if (p + 1 < length && bytes[p + 1] === LF) carry.headEnd = p + 2;
    else if (p + 2 < length && bytes[p + 1] === CR && bytes[p + 2] === LF) carry.headEnd = p + 3;
    else continue;
    return true;
  }
  carry.scanned = length;
  return false;
}
