import { computed, shallowRef } from 'vue';
import { ladderRows, type LadderRow } from '../../../shared/drawing/ladder-layout.ts';
import { formatMoment } from '../../../shared/drawing/moments.ts';
import { frameOf } from '../../../shared/format/wireshark-filter.ts';
import type { PacketReport } from '../../../shared/model/packet.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import type { FrameRef } from '../../../shared/model/report.ts';
import { PAGE, usePacketPages } from './use-packet-pages.ts';

/** Lines that a page which was not seen yet is taken for. */
const GUESS = 200;

interface LadderPage {
  readonly packets: readonly PacketReport[];
  readonly rows: readonly LadderRow[];
}

/** A line of the ladder; `row` is null where it is on its way. */
export interface LadderLine {
  readonly key: string;
  readonly row: LadderRow | null;
}

/**
 * The ladder of a connection's packets as one list of lines. Pages come as they are looked at; a page that was not seen
 * is taken for some number of lines.
 */
export function useLadder(connection: () => ConnectionReport | null, evidence: () => ReadonlyMap<FrameRef, string>) {
  /** Folded runs that are open, by their first frame. */
  const opened = shallowRef<ReadonlySet<FrameRef>>(new Set());
  /** Lines of pages that were given up again. */
  const known = new Map<number, number>();
  const { total, error, pages, pageCount, load } = usePacketPages(
    connection,
    (packets, before): LadderPage => ({ packets, rows: rowsOf(packets, before, connection()!, evidence()) }),
    (page, kept) => known.set(page, linesOfPage(kept).length),
    () => known.clear(),
  );

  const lines = new WeakMap<LadderPage, { opened: ReadonlySet<FrameRef>; list: readonly LadderLine[] }>();
  function linesOfPage(page: LadderPage): readonly LadderLine[] {
    const before = lines.get(page);
    if (before?.opened === opened.value) return before.list;
    const list = linesOfRows(page.rows, opened.value, { evidence: evidence(), origin: connection()!.startedAt });
    lines.set(page, { opened: opened.value, list });
    return list;
  }

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

/** The rows of a page, with the pause before it. */
function rowsOf(packets: readonly PacketReport[], before: PacketReport | null, report: ConnectionReport, evidence: ReadonlyMap<FrameRef, string>): LadderRow[] {
  const options = { evidence, origin: report.startedAt };
  const seam = before === null || packets.length === 0 ? [] : ladderRows([before, packets[0]!], options).filter(({ kind }) => kind === 'idle');
  return [...seam, ...ladderRows(packets, options)].map((row) => {
    // The window may open again on a later page: how long it was zero is in the report.
    const stall = row.kind === 'zero-window' ? report.zeroWindows.find(({ time }) => Math.abs(time - row.start) < 1e-6) : undefined;
    if (row.kind !== 'zero-window' || stall === undefined) return row;
    return { ...row, end: stall.time + stall.seconds, label: `${formatMoment(stall.seconds)} window zero${stall.endFrame === null ? ', to the end' : ''}` };
  });
}

/** Runs that are open have a line for each packet, under their own. */
function linesOfRows(rows: readonly LadderRow[], opened: ReadonlySet<FrameRef>, options: { evidence: ReadonlyMap<FrameRef, string>; origin: number }): LadderLine[] {
  return rows.flatMap((row): LadderLine[] => {
    const own = { key: keyOf(row), row };
    if (row.kind !== 'fold' || !opened.has(row.packets[0]!.frame)) return [own];
    return [own, ...ladderRows(row.packets, { ...options, fold: Number.POSITIVE_INFINITY }).map((one) => ({ key: keyOf(one), row: one }))];
  });
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
