/** Takes a piece of a report; a promise means: no more until it is fulfilled. */
export type ReportOutput = (text: string) => void | Promise<void>;

/** More would outlive the young generation before it is written, and end as garbage of the old one. */
const PIECE_LENGTH = 16_384;

/** Gathers text into pieces of about 16 KiB. */
export class PieceWriter {
  private readonly out: ReportOutput;
  private parts: string[] = [];
  private length = 0;

  constructor(out: ReportOutput) {
    this.out = out;
  }

  /** To be awaited where it returns a promise, and only there: a million promises take longer than the writing. */
  write(text: string): void | Promise<void> {
    this.parts.push(text);
    this.length += text.length;
    if (this.length >= PIECE_LENGTH) return this.flush();
  }

  flush(): void | Promise<void> {
    if (this.length === 0) return;
    const text = this.parts.join('');
    this.parts = [];
    this.length = 0;
    return this.out(text);
  }
}
