import { statSync } from 'node:fs';
import type { Timestamp } from '../../shared/format/time.ts';
import { AppError } from '../app-error.ts';
import type { CaptureFileInfo } from './capture-file.ts';
import type { Follow } from './byte-source.ts';
import { CaptureFile } from './capture-file.ts';
import { findFiles, noCaptures } from './file-source.ts';
import { WINDOW_BYTES } from './read-window.ts';
import type { RecordBatch } from './record-batch.ts';
import { RecordDetails } from './record-batch.ts';
import { nanosecondsBetween, TimeOrigin } from './time-origin.ts';

export interface CaptureOptions {
  /** The last file is still being written: at its end more is waited for. */
  readonly follow?: Follow;
  /** Fill RecordBatch.details. */
  readonly details?: true;
}

/** A file that could not be opened; the others go on. */
export interface CaptureFailure {
  readonly path: string;
  readonly error: AppError;
}

/**
 * Opens capture files, folders, patterns and "-" (standard input) as one capture in time order.
 *
 * @throws AppError where nothing at all can be read
 */
export async function openCapture(paths: readonly string[], options: CaptureOptions = {}): Promise<CaptureSet> {
  const { files, failures } = await findFiles(paths);
  const origin = new TimeOrigin();
  const follow = options.follow ?? null;
  const members: Member[] = [];
  const barren = new Set<string>();
  for (const { folder } of files) if (folder !== null) barren.add(folder);
  for (const { path, folder } of files) {
    try {
      members.push(files.length === 1 ? memberOf(await CaptureFile.open(path, origin, follow, WINDOW_BYTES)) : await look(path));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (folder !== null && PASSED_OVER.has(error.code)) continue;
      failures.push({ path, error });
    }
    if (folder !== null) barren.delete(folder);
  }
  for (const folder of barren) failures.push({ path: folder, error: noCaptures(folder) });
  if (members.length === 0) throw failures[0]!.error;
  return new CaptureSet(members, failures, origin, follow, options.details ?? false);
}

/** What a folder may hold besides captures. */
const PASSED_OVER: ReadonlySet<string> = new Set(['not-a-capture', 'empty-file']);
/** Enough for the first packet. */
const LOOK_BYTES = 16 << 10;
/** Files of a set are read at the same time where they overlap, so each gets less. */
const SET_WINDOW_BYTES = 256 << 10;

interface Member {
  /** Live while the file is read. */
  info: CaptureFileInfo;
  /** Open: read now, or a stream, which cannot be opened twice. */
  file: CaptureFile | null;
  /** Nanoseconds to add to its times: a stream that was looked into keeps the origin it had then. */
  shift: number;
  /** Its first packet, nanoseconds since the origin; Infinity without one. */
  start: number;
  /** Records of the file's batch that were given out. */
  taken: number;
}

/**
 * The records of all captures in time order, as runs: after `next` said true, records [from, to) of `batch` are next.
 * Captures that follow one another are read one after the other; those that overlap are merged record by record. Within
 * one capture the order of the file stays.
 */
export class CaptureSet {
  batch!: RecordBatch;
  from = 0;
  to = 0;
  readonly failures: readonly CaptureFailure[];
  private readonly members: readonly Member[];
  private readonly timeOrigin: TimeOrigin;
  private readonly follow: Follow | null;
  private readonly details: boolean;
  /** Members that are read, in the order of the captures. */
  private readonly active: Member[] = [];
  /** How many members have been made active. */
  private begun = 0;

  constructor(members: Member[], failures: readonly CaptureFailure[], origin: TimeOrigin, follow: Follow | null, details: boolean) {
    this.members = members;
    this.details = details;
    this.failures = failures;
    this.timeOrigin = origin;
    this.follow = follow;
    if (members.length > 1) putInOrder(members, origin);
  }

  /** In time order; the index is the capture's in frame ids. What they say grows while they are read. */
  get files(): readonly CaptureFileInfo[] {
    return this.members.map((member) => member.info);
  }

  /** Time zero of `batch.time`; null before the first packet that has a time. */
  get origin(): Timestamp | null {
    return this.timeOrigin.time;
  }

  /** Bytes read of the files themselves, for progress. */
  get bytesRead(): number {
    return this.members.reduce((sum, member) => sum + member.info.rawBytes, 0);
  }

  /** What `bytesRead` will be in the end; null where that is not known. */
  get totalBytes(): number | null {
    return this.members.reduce<number | null>((sum, { info }) => (sum === null || info.rawSize === null ? null : sum + info.rawSize), 0);
  }

  /** Goes to the next run; false at the end. The run before it is void. A promise only where bytes must be waited for. */
  next(): boolean | Promise<boolean> {
    const { active } = this;
    for (let i = 0; i < active.length; i++) {
      const member = active[i]!;
      const file = member.file!;
      if (member.taken < file.batch.count) continue;
      const found = file.next();
      if (typeof found !== 'boolean') {
        return found.then((value) => {
          this.refilled(member, value);
          return this.next();
        });
      }
      this.refilled(member, found);
      if (!found) i--;
    }

    const waiting = this.members[this.begun];
    let first: Member | null = null;
    let earliest = Infinity;
    let limit = waiting === undefined ? Infinity : waiting.start;
    for (const member of active) {
      const time = member.file!.batch.time[member.taken]!;
      if (first === null || time < earliest) {
        limit = Math.min(limit, earliest);
        earliest = time;
        first = member;
      } else if (time < limit) limit = time;
    }
    if (waiting !== undefined && (first === null || waiting.start <= earliest)) return this.begin(waiting).then(() => this.next());
    if (first === null) return false;
    this.give(first, limit);
    return true;
  }

  close(): void {
    for (const member of this.members) member.file?.close();
  }

  /** Gives out the records of a member up to the time `limit`, at least one. */
  private give(member: Member, limit: number): void {
    const { batch } = member.file!;
    const { count, time } = batch;
    let to = count;
    if (limit !== Infinity) {
      to = member.taken + 1;
      while (to < count && time[to]! <= limit) to++;
    }
    this.batch = batch;
    this.from = member.taken;
    this.to = to;
    member.taken = to;
  }

  private refilled(member: Member, found: boolean): void {
    const file = member.file!;
    if (found) {
      member.taken = 0;
      shiftTimes(file.batch, member.shift);
      return;
    }
    member.info = file.snapshot();
    member.file = null;
    file.close();
    this.active.splice(this.active.indexOf(member), 1);
  }

  private async begin(member: Member): Promise<void> {
    const index = this.begun++;
    if (member.file === null) {
      const follow = index === this.members.length - 1 ? this.follow : null;
      try {
        member.file = await CaptureFile.open(member.info.path, this.timeOrigin, follow, SET_WINDOW_BYTES);
      } catch (error) {
        // It was there when the set was opened.
        const message = error instanceof Error ? error.message : String(error);
        member.info = { ...member.info, complete: false, anomalies: [{ code: 'read-failed', count: 1, byteOffset: 0, frame: 0, message }] };
        return;
      }
      member.info = member.file;
    }
    if (this.details) member.file.batch.details ??= new RecordDetails();
    member.file.number(index, this.members.length);
    this.active.push(member);
  }
}

function memberOf(file: CaptureFile): Member {
  return { info: file, file, shift: 0, start: Infinity, taken: 0 };
}

/** Opens a file of a set for its first packet, and closes it again where it can be opened once more. */
async function look(path: string): Promise<Member> {
  const file = await CaptureFile.open(path, new TimeOrigin(), null, LOOK_BYTES);
  await file.next();
  const member = memberOf(file);
  if (path === '-' || !statSync(path).isFile()) return member;
  file.close();
  member.file = null;
  member.info = { ...file.snapshot(), packets: 0, bytes: 0, rawBytes: 0, durationNanoseconds: 0, complete: true, anomalies: [], doubtfulTimes: [], interfaces: [] };
  return member;
}

/** Sorts by first packet, fixes the origin at the earliest, and relates the members to it. */
function putInOrder(members: Member[], origin: TimeOrigin): void {
  const starts = (member: Member): Timestamp => member.info.startedAt ?? { seconds: Infinity, nanoseconds: 0 };
  members.sort((a, b) => {
    const [x, y] = [starts(a), starts(b)];
    if (x.seconds !== y.seconds) return x.seconds < y.seconds ? -1 : 1;
    return x.nanoseconds - y.nanoseconds;
  });
  const first = members[0]!.info.startedAt;
  if (first === null) return;
  origin.fix(first);
  for (const member of members) {
    const { startedAt } = member.info;
    if (startedAt === null) continue;
    member.start = nanosecondsBetween(first, startedAt);
    if (member.file === null) continue;
    member.shift = member.start;
    shiftTimes(member.file.batch, member.shift);
  }
}

function shiftTimes(batch: RecordBatch, shift: number): void {
  if (shift === 0) return;
  for (let i = 0; i < batch.count; i++) batch.time[i]! += shift;
}
