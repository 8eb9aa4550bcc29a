/** What a half-stream is being read as. */
export const Mode = {
  /** Nothing was read yet. */
  start: 0,
  /** Between messages. */
  idle: 1,
  /** The beginning of something is carried until the rest comes; `resume` is the mode it is read in. */
  carry: 2,
  contentLength: 3,
  /** The lines around chunks. */
  chunked: 4,
  chunkData: 5,
  untilClose: 6,
  /** A message whose end is not known: it lasts until the next one begins at the start of a segment. */
  unknown: 7,
  /** Searching for the next message start. */
  seek: 8,
  /** At a TLS record. */
  tls: 9,
  /** At the first bytes inside a tunnel. */
  tunnel: 10,
  /** Nothing more is read. */
  skip: 11,
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export const Kind = { unknown: 0, request: 1, response: 2 } as const;

export const HalfBit = {
  /** The message in progress is a request with Expect: 100-continue. */
  EXPECT: 1,
  /** The body may be absent: its first bytes are to be looked at. */
  DOUBT: 2,
  /** The head of the message in progress was cut by the snap length. */
  CUT: 4,
  /** The message in progress is a response that answers a known request. */
  PAIRED: 8,
  /** The last request was a CONNECT: what follows may be the tunnel's. */
  CONNECT: 16,
  /** The beginning of the half-stream was not seen. */
  MIDSTREAM: 32,
  /** Bytes were passed over in search of a message start; the last of them were sent with `unreadAcked`. */
  UNREAD: 64,
  /** The other side switched protocols in answer to a request that is still to come: it is late in the capture. */
  SWITCHED: 128,
} as const;

/** The state of every half-stream, as columns. Positions are bytes since it began, delivered or missing. */
export class HalfTable {
  mode = new Uint8Array(16);
  kind = new Uint8Array(16);
  resume = new Uint8Array(16);
  bits = new Uint8Array(16);
  /** Of the next byte to come. */
  position = new Float64Array(16);
  /** No byte below this position needs to be looked at. */
  quietUntil = new Float64Array(16);
  /** Where the body in progress begins and (with contentLength) ends; with a cut head: what Content-Length promised, or -1. */
  bodyStart = new Float64Array(16);
  bodyEnd = new Float64Array(16);
  /** Where the capture cut the head. */
  cutAt = new Float64Array(16);
  /** Bytes of the body in progress that are in gaps. */
  gapBytes = new Float64Array(16);
  /** Of the last byte told. */
  lastFrame = new Int32Array(16);
  lastTime = new Float64Array(16);
  /** Exchange of the message in progress, -1 between messages. */
  row = new Int32Array(16);
  unreadAcked = new Int32Array(16);
  /** Of a large request body: the position at which its progress is told next, and how far on then; else Infinity. */
  progressAt = new Float64Array(16);
  progressStep = new Float64Array(16);
  /** Bytes searched for a message start while `kind` was unknown. */
  searched = new Int32Array(16);

  open(half: number, midstream: boolean): void {
    if (half >= this.mode.length) this.grow(half);
    this.mode[half] = Mode.start;
    this.kind[half] = Kind.unknown;
    this.bits[half] = midstream ? HalfBit.MIDSTREAM : 0;
    this.position[half] = this.quietUntil[half] = 0;
    this.lastFrame[half] = this.lastTime[half] = 0;
    this.row[half] = -1;
    this.searched[half] = 0;
    this.progressAt[half] = Infinity;
  }

  private grow(half: number): void {
    const capacity = Math.max(half + 2, this.mode.length * 2);
    const { mode, kind, resume, bits, position, quietUntil, bodyStart, bodyEnd, cutAt, gapBytes, lastFrame, lastTime, row, unreadAcked, searched, progressAt, progressStep } = this;
    (this.mode = new Uint8Array(capacity)).set(mode);
    (this.kind = new Uint8Array(capacity)).set(kind);
    (this.resume = new Uint8Array(capacity)).set(resume);
    (this.bits = new Uint8Array(capacity)).set(bits);
    (this.position = new Float64Array(capacity)).set(position);
    (this.quietUntil = new Float64Array(capacity)).set(quietUntil);
    (this.bodyStart = new Float64Array(capacity)).set(bodyStart);
    (this.bodyEnd = new Float64Array(capacity)).set(bodyEnd);
    (this.cutAt = new Float64Array(capacity)).set(cutAt);
    (this.gapBytes = new Float64Array(capacity)).set(gapBytes);
    (this.lastFrame = new Int32Array(capacity)).set(lastFrame);
    (this.lastTime = new Float64Array(capacity)).set(lastTime);
    (this.row = new Int32Array(capacity)).set(row);
    (this.unreadAcked = new Int32Array(capacity)).set(unreadAcked);
    (this.searched = new Int32Array(capacity)).set(searched);
    (this.progressAt = new Float64Array(capacity)).set(progressAt);
    (this.progressStep = new Float64Array(capacity)).set(progressStep);
  }
}
