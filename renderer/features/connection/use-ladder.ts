import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { ladderRows, type LadderRow } from '../../../shared/drawing/ladder-layout.ts';
import { formatMoment } from '../../../shared/drawing/moments.ts';
import { frameOf } from '../../../shared/format/wireshark-filter.ts';
import type { PacketReport } from '../../../shared/model/packet.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import type { FrameRef } from '../../../shared/model/report.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';

/** Packets of one request; its pages overlap by one packet, which tells the pause between them. */
const PAGE = 400;
/** Pages that are kept; the ladder of a million packets stays small. */
const MOST_PAGES = 24;
/** Lines that a page which was not seen yet is taken for. */
const GUESS = 200;

interface LadderPage {
  readonly packets: readonly PacketReport[];
  readonly rows: readonly LadderRow[];
}

/** A line of the ladder, or null where it is on its way. `packet`: its place in the connection. */
export interface LadderLine {
  readonly key: string;
  readonly row: LadderRow | null;
}

/**
 * The ladder of a connection's packets as one list of lines. Pages come as they are looked at; a page that was not seen
 * is taken for as many lines as others have on the average.
 */
export function useLadder(connection: () => ConnectionReport | null, evidence: () => ReadonlyMap<FrameRef, string>) {
  const api = useApi();
  const session = useSession();
  const total = ref<number | null>(null);
  const error = ref<string | null>(null);
  /** Folded runs that are open, by their first frame. */
  const opened = shallowRef<ReadonlySet<FrameRef>>(new Set());
  const pages = shallowRef<ReadonlyMap<number, LadderPage>>(new Map());
  /** Lines of pages that were given up again. */
  const known = new Map<number, number>();
  const running = new Map<number, Promise<void>>();
  let stop = new AbortController();

  const key = computed(() => `${session.analysisId} ${session.revision} ${connection()?.id}`);
  watch(key, () => {
    stop.abort();
    stop = new AbortController();
    running.clear();
    known.clear();
    pages.value = new Map();
    total.value = null;
    error.value = null;
    if (connection() !== null) void load(0);
  }, { immediate: true });
  onScopeDispose(() => stop.abort());

  const pageCount = computed(() => Math.ceil((total.value ?? 0) / PAGE));
  /** First line of each page, and behind the last one the number of lines. */
  const starts = computed(() => {
    const list = [0];
    for (let page = 0; page < pageCount.value; page++) list.push(list[page]! + linesOf(page));
    return list;
  });
  const lineCount = computed(() => starts.value.at(-1)!);

  function linesOf(page: number): number {
    const there = pages.value.get(page);
    if (there !== undefined) return linesOfPage(there).length;
    return known.get(page) ?? Math.min(GUESS, total.value! - page * PAGE);
  }

  /** Open runs have a line for each packet, under their own. */
  const lines = new WeakMap<LadderPage, { opened: ReadonlySet<FrameRef>; list: LadderLine[] }>();
  function linesOfPage(page: LadderPage): LadderLine[] {
    const before = lines.get(page);
    if (before?.opened === opened.value) return before.list;
    const list = page.rows.flatMap((row): LadderLine[] => {
      if (row.kind !== 'fold') return [{ key: keyOf(row), row }];
      const first = row.packets[0]!.frame;
      if (!opened.value.has(first)) return [{ key: keyOf(row), row }];
      const single = ladderRows(row.packets, { evidence: evidence(), origin: connection()!.startedAt, fold: Number.POSITIVE_INFINITY });
      return [{ key: keyOf(row), row }, ...single.map((one) => ({ key: keyOf(one), row: one }))];
    });
    lines.set(page, { opened: opened.value, list });
    return list;
  }

  async function load(page: number): Promise<void> {
    const there = running.get(page);
    if (there !== undefined) return there;
    if (pages.value.has(page)) return;
    const run = fetchPage(page).finally(() => running.delete(page));
    running.set(page, run);
    return run;
  }

  async function fetchPage(page: number): Promise<void> {
    const report = connection();
    const { signal } = stop;
    if (report === null || session.analysisId === null) return;
    const overlap = page === 0 ? 0 : 1;
    try {
      const answer = await api.request('results.packets', { analysisId: session.analysisId, id: report.id, offset: page * PAGE - overlap, limit: PAGE + overlap }, signal);
      if (signal.aborted) return;
      const next = new Map(pages.value);
      const before = overlap === 0 ? null : (answer.packets[0] ?? null);
      const packets = answer.packets.slice(overlap);
      next.set(page, { packets, rows: rowsOf(packets, before, report) });
      for (const old of next.keys()) {
        if (next.size <= MOST_PAGES) break;
        if (old === page) continue;
        known.set(old, linesOfPage(next.get(old)!).length);
        next.delete(old);
      }
      total.value = answer.total;
      pages.value = next;
    } catch (failure) {
      if (!signal.aborted) error.value = failure instanceof Error ? failure.message : String(failure);
    }
  }

  function rowsOf(packets: readonly PacketReport[], before: PacketReport | null, report: ConnectionReport): LadderRow[] {
    const options = { evidence: evidence(), origin: report.startedAt };
    const seam = before === null || packets.length === 0 ? [] : ladderRows([before, packets[0]!], options).filter(({ kind }) => kind === 'idle');
    return [...seam, ...ladderRows(packets, options)].map((row) => {
      // The window may open again on a later page: how long it was zero is in the report.
      const stall = row.kind === 'zero-window' ? report.zeroWindows.find(({ time }) => Math.abs(time - row.start) < 1e-6) : undefined;
      if (row.kind !== 'zero-window' || stall === undefined) return row;
      return { ...row, end: stall.time + stall.seconds, label: `${formatMoment(stall.seconds)} window zero${stall.endFrame === null ? ', to the end' : ''}` };
    });
  }

  function pageOfLine(line: number): number {
    let low = 0;
    let high = pageCount.value - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts.value[middle]! <= line) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  function line(index: number): LadderLine {
    const page = pageOfLine(index);
    const there = pages.value.get(page);
    return (there === undefined ? undefined : linesOfPage(there)[index - starts.value[page]!]) ?? { key: `line-${index}`, row: null };
  }

  /** Lines `first` to `last` are looked at. */
  function look(first: number, last: number): void {
    if (total.value === null || error.value !== null) return;
    for (let page = pageOfLine(first); page <= pageOfLine(last); page++) void load(page);
  }

  /** The line that shows a frame; its run is opened where it is folded. null: it is no frame of this connection. */
  async function find(frame: FrameRef): Promise<number | null> {
    if (total.value === null) await load(0);
    let low = 0;
    let high = pageCount.value - 1;
    // The frames of a connection go up: a page in the middle says on which side of it the frame is.
    for (let step = 0; low <= high && step < 40; step++) {
      const page = [...pages.value.keys()].find((one) => one >= low && one <= high && holds(pages.value.get(one)!, frame)) ?? (low + high) >> 1;
      await load(page);
      const there = pages.value.get(page);
      if (there === undefined || there.packets.length === 0) return null;
      if (holds(there, frame)) return lineIn(page, there, frame);
      if (order(frame, there.packets[0]!.frame) < 0) high = page - 1;
      else low = page + 1;
    }
    return null;
  }

  function lineIn(page: number, there: LadderPage, frame: FrameRef): number | null {
    const fold = there.rows.find((row) => row.kind === 'fold' && row.packets.some((one) => one.frame === frame));
    if (fold?.kind === 'fold') opened.value = new Set([...opened.value, fold.packets[0]!.frame]);
    const at = linesOfPage(there).findIndex(({ row }) => row?.kind === 'packet' && row.packet.frame === frame);
    return at < 0 ? null : starts.value[page]! + at;
  }

  return {
    total,
    error,
    lineCount,
    opened,
    line,
    look,
    find,
    toggle(frame: FrameRef): void {
      const next = new Set(opened.value);
      if (!next.delete(frame)) next.add(frame);
      opened.value = next;
    },
  };
}

function keyOf(row: LadderRow): string {
  if (row.kind === 'packet') return `packet-${row.packet.frame}`;
  return row.kind === 'fold' ? `fold-${row.packets[0]!.frame}` : `${row.kind}-${row.start}`;
}

function holds({ packets }: LadderPage, frame: FrameRef): boolean {
  return packets.some((packet) => packet.frame === frame);
}

/** Frames in the order of their captures. */
function order(a: FrameRef, b: FrameRef): number {
  const [first, second] = [frameOf(a), frameOf(b)];
  return (first.capture ?? 0) - (second.capture ?? 0) || first.frame - second.frame;
}
