import type { Cell, RowsPage } from '../../../shared/model/view.ts';

/** A row as it came, with its place in the table. */
export interface GridRow {
  readonly index: number;
  readonly id: number;
  cell(field: string): Cell;
}

interface Page<R> {
  readonly rows: readonly R[];
  /** Of an earlier state of the table: shown until the new one is there. */
  stale: boolean;
}

/** Rows of one request. */
export const PAGE_ROWS = 200;
/** Pages that are kept: what was just looked at is there at once, and memory stays small. */
const MOST_PAGES = 40;

/**
 * The rows around what is looked at, fetched by the page. The caller says what it shows; pages it scrolls past while
 * they are fetched are given up.
 */
export class RowPages<A, R> {
  private readonly pages = new Map<number, Page<R>>();
  private readonly running = new Map<number, AbortController>();
  private wanted: readonly number[] = [];
  private readonly fetchRows: (offset: number, limit: number, signal: AbortSignal) => Promise<A>;
  private readonly rowsOf: (answer: A) => readonly R[];
  private readonly onPage: (answer: A) => void;
  private readonly onError: (error: unknown) => void;

  constructor(fetchRows: (offset: number, limit: number, signal: AbortSignal) => Promise<A>, rowsOf: (answer: A) => readonly R[], onPage: (answer: A) => void, onError: (error: unknown) => void) {
    this.fetchRows = fetchRows;
    this.rowsOf = rowsOf;
    this.onPage = onPage;
    this.onError = onError;
  }

  /** null: not there yet. */
  row(index: number): R | null {
    return this.pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS] ?? null;
  }

  /** Rows `first` to `last` are looked at: fetches their pages, then the next one on either side where the rows end near it. */
  want(first: number, last: number, total: number): void {
    const from = Math.floor(Math.max(0, first) / PAGE_ROWS);
    const to = Math.floor(Math.max(0, last) / PAGE_ROWS);
    const wanted: number[] = [];
    for (let page = from; page <= to; page++) wanted.push(page);
    if ((last % PAGE_ROWS) + AHEAD >= PAGE_ROWS && (to + 1) * PAGE_ROWS < total) wanted.push(to + 1);
    if (first % PAGE_ROWS < AHEAD && from > 0) wanted.push(from - 1);
    this.wanted = wanted;
    for (const [page, controller] of this.running) {
      if (wanted.includes(page)) continue;
      controller.abort();
      // Not left to its end, which comes later: the page may be wanted again before.
      this.running.delete(page);
    }
    for (const page of wanted) {
      const there = this.pages.get(page);
      if (there !== undefined) {
        // The map is in the order of use.
        this.pages.delete(page);
        this.pages.set(page, there);
      }
      if ((there === undefined || there.stale) && !this.running.has(page)) void this.load(page);
    }
  }

  /** The table changed while it was read: rows stay until the new ones are there. */
  refresh(): void {
    for (const page of this.pages.values()) page.stale = true;
    this.stop();
  }

  /** Another view: nothing of the old one is shown. */
  clear(): void {
    this.pages.clear();
    this.stop();
  }

  stop(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  private async load(page: number): Promise<void> {
    const controller = new AbortController();
    this.running.set(page, controller);
    try {
      const answer = await this.fetchRows(page * PAGE_ROWS, PAGE_ROWS, controller.signal);
      if (controller.signal.aborted) return;
      this.pages.delete(page);
      this.pages.set(page, { rows: this.rowsOf(answer), stale: false });
      this.makeRoom();
      this.onPage(answer);
    } catch (error) {
      if (!controller.signal.aborted) this.onError(error);
    } finally {
      if (this.running.get(page) === controller) this.running.delete(page);
    }
  }

  private makeRoom(): void {
    for (const page of this.pages.keys()) {
      if (this.pages.size <= MOST_PAGES) return;
      if (!this.wanted.includes(page)) this.pages.delete(page);
    }
  }
}

/** Rows before the end of a page at which the next one is fetched. */
const AHEAD = 80;

/** The rows of a table's page. */
export function gridRows({ ids, columns, offset }: RowsPage): GridRow[] {
  return ids.map((id, at) => ({ index: offset + at, id, cell: (field) => columns[field]?.[at] ?? null }));
}
