import { CR, HT, LF, SP } from './octets.ts';

/** What `feed` stopped for. */
export const ChunkOutcome = {
  /** The bytes ran out. */
  more: 0,
  /** `size` bytes of chunk data come next; feed what follows them. */
  data: 1,
  /** The body ended. */
  end: 2,
  invalid: 3,
  overflow: 4,
  tooLong: 5,
} as const;
export type ChunkOutcome = (typeof ChunkOutcome)[keyof typeof ChunkOutcome];

const State = { size: 0, afterSize: 1, extension: 2, sizeLf: 3, dataEnd: 4, dataLf: 5, lineStart: 6, line: 7, lastLf: 8 } as const;

/** Bytes of the lines around one chunk, or of all trailers. */
const LINE_LIMIT = 64 << 10;

/**
 * Decoders of chunked bodies (RFC 9112 section 7.1), one per half-stream, in typed arrays. They read what stands around
 * the chunk data; the data is passed over by the caller. Extensions and trailers are passed over, blanks around the size
 * are tolerated. A body is complete with the empty line behind the trailers.
 */
export class ChunkedBodies {
  outcome: ChunkOutcome = ChunkOutcome.more;
  /** With `data`: the size of the chunk. */
  size = 0;
  /** Since this was cleared, a line ended without CR. */
  loneLf = false;
  private state = new Uint8Array(8);
  private lineBytes = new Int32Array(8);
  /** The chunk size as far as its digits go; -1 before the first. */
  private digits = new Float64Array(8);
  private sum = new Float64Array(8);

  open(half: number): void {
    if (half >= this.state.length) this.grow(half);
    this.state[half] = State.size;
    this.lineBytes[half] = 0;
    this.digits[half] = -1;
    this.sum[half] = 0;
  }

  /** The sizes of all chunks so far, together. */
  announced(half: number): number {
    return this.sum[half]!;
  }

  /** Reads on; returns the offset behind the last byte it took. */
  feed(half: number, bytes: Uint8Array, start: number, end: number): number {
    let state: number = this.state[half]!;
    let lineBytes = this.lineBytes[half]!;
    this.outcome = ChunkOutcome.more;
    let p = start;
    while (p < end && this.outcome === ChunkOutcome.more) {
      const c = bytes[p++]!;
      if (++lineBytes > LINE_LIMIT) this.outcome = ChunkOutcome.tooLong;
      else if (c === LF) {
        state = this.lineFeed(half, state);
        if (state === State.size || state === State.dataEnd) lineBytes = 0;
      } else if (state !== State.line && state !== State.extension) state = this.octet(half, state, c);
      else if (state === State.extension && c === CR) state = State.sizeLf;
    }
    this.state[half] = state;
    this.lineBytes[half] = lineBytes;
    return p;
  }

  /** The state behind any octet but LF, outside extensions and trailer lines, which are passed over. */
  private octet(half: number, state: number, c: number): number {
    switch (state) {
      case State.size: {
        const digit = hexDigit(c);
        const size = this.digits[half]!;
        if (digit < 0) return size < 0 && (c === SP || c === HT) ? state : size < 0 ? this.invalid(state) : this.octet(half, State.afterSize, c);
        const next = size < 0 ? digit : size * 16 + digit;
        this.digits[half] = next;
        if (next > Number.MAX_SAFE_INTEGER) this.outcome = ChunkOutcome.overflow;
        return state;
      }
      case State.afterSize:
        if (c === SP || c === HT) return state;
        if (c === 59) return State.extension;
        return c === CR ? State.sizeLf : this.invalid(state);
      case State.dataEnd:
        return c === CR ? State.dataLf : this.invalid(state);
      case State.lineStart:
        return c === CR ? State.lastLf : State.line;
      default:
        // Behind the CR of a chunk's lines stands LF; in an extension a CR may be bare.
        return this.invalid(state);
    }
  }

  private lineFeed(half: number, state: number): number {
    switch (state) {
      case State.sizeLf:
        return this.sizeEnd(half);
      case State.size:
        if (this.digits[half]! < 0) return this.invalid(state);
        this.loneLf = true;
        return this.sizeEnd(half);
      case State.afterSize:
      case State.extension:
        this.loneLf = true;
        return this.sizeEnd(half);
      case State.dataEnd:
      case State.dataLf:
        if (state === State.dataEnd) this.loneLf = true;
        this.digits[half] = -1;
        return State.size;
      case State.lineStart:
      case State.lastLf:
        if (state === State.lineStart) this.loneLf = true;
        this.outcome = ChunkOutcome.end;
        return state;
      default:
        return State.lineStart;
    }
  }

  private sizeEnd(half: number): number {
    this.size = this.digits[half]!;
    if (this.size === 0) return State.lineStart;
    this.sum[half] = this.sum[half]! + this.size;
    this.outcome = this.sum[half]! > Number.MAX_SAFE_INTEGER ? ChunkOutcome.overflow : ChunkOutcome.data;
    return State.dataEnd;
  }

  private invalid(state: number): number {
    this.outcome = ChunkOutcome.invalid;
    return state;
  }

  private grow(half: number): void {
    const capacity = Math.max(half + 1, this.state.length * 2);
    const { state, lineBytes, digits, sum } = this;
    (this.state = new Uint8Array(capacity)).set(state);
    (this.lineBytes = new Int32Array(capacity)).set(lineBytes);
    (this.digits = new Float64Array(capacity)).set(digits);
    (this.sum = new Float64Array(capacity)).set(sum);
  }
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
