import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import type { CaptureOptions } from '../../shared/model/capture.ts';
import type { AppError } from '../app-error.ts';
import { StreamSource } from './byte-source.ts';
import { CaptureFacts } from './capture-facts.ts';
import { captureArguments, captureError, describeFailure, type ProgramName } from './capture-programs.ts';
import type { PacketSink, PacketSource } from './packet-source.ts';
import { PcapReader } from './pcap-reader.ts';
import { ReadWindow } from './read-window.ts';
import { RecordBatch, RecordDetails } from './record-batch.ts';
import { TimeOrigin } from './time-origin.ts';

/** What is kept of a program's standard error. */
const MAX_WORDS = 8192;
/** A program that was told to end has so long to hand over what it has. */
const END_MILLISECONDS = 3000;
const HALF = 2 ** 32;

/** tcpdump or dumpcap writing pcap to a pipe: the rights to capture are theirs alone. */
export class ProgramSource implements PacketSource {
  droppedBySystem: number | null = null;
  droppedByInterface: number | null = null;
  private readonly name: ProgramName;
  private readonly device: string;
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly window: ReadWindow;
  private readonly facts = new CaptureFacts();
  private readonly origin = new TimeOrigin();
  private readonly reader: PcapReader;
  private readonly batch: RecordBatch;
  private words = '';
  private stopping = false;

  constructor(name: ProgramName, program: string, device: string, options: CaptureOptions) {
    this.name = name;
    this.device = device;
    // A group of its own: Ctrl-C on the terminal is for whoever asked for the capture.
    this.child = spawn(program, captureArguments(name, device, options), { stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
    hurry(this.child.pid);
    this.exited = new Promise((resolve) => {
      this.child.once('close', () => resolve());
      this.child.once('error', (error) => {
        this.hear(error.message);
        resolve();
      });
    });
    this.child.stderr!.on('data', (chunk: Buffer) => this.hear(chunk.toString()));
    this.window = new ReadWindow(new StreamSource(this.child.stdout as Readable));
    this.reader = new PcapReader(this.facts, this.origin);
    this.batch = new RecordBatch(this.window.block);
    this.batch.details = new RecordDetails();
  }

  get linkType(): number {
    return [...this.facts.linkTypes][0]!;
  }

  get process(): number | null {
    return this.child.pid ?? null;
  }

  async open(): Promise<void> {
    // A limit of 0 records reads the file header and no more.
    while (this.facts.linkTypes.size === 0) {
      this.reader.walk(this.window, this.batch, 0);
      if (this.facts.linkTypes.size > 0) return;
      if (!(await this.window.more())) {
        await this.exited;
        throw describeFailure(this.name, this.device, this.words);
      }
    }
  }

  async pump(source: number, sink: PacketSink): Promise<AppError | null> {
    const { batch, reader, window } = this;
    for (;;) {
      reader.walk(window, batch, RecordBatch.CAPACITY);
      if (batch.count > 0) this.give(source, sink);
      else if (reader.finished) break;
      else {
        sink.pause();
        await window.more();
      }
    }
    await this.exited;
    if (this.stopping) return null;
    const failure = describeFailure(this.name, this.device, this.words);
    return failure.code === 'backend-failed' ? captureError('backend-failed', `${this.name} ended by itself; what was captured until then is in the file`) : failure;
  }

  refresh(): void {
    // tcpdump answers on standard error; where there is SIGINFO, it is that one, and SIGUSR1 would end it.
    if (this.name === 'tcpdump' && process.platform === 'linux') this.child.kill('SIGUSR1');
    else if (this.name === 'tcpdump' && process.platform === 'darwin') this.child.kill('SIGINFO');
  }

  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.child.kill('SIGINT');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MILLISECONDS);
    void this.exited.then(() => clearTimeout(timer));
  }

  private give(source: number, sink: PacketSink): void {
    const { batch, origin } = this;
    const { seconds, nanoseconds } = origin.time!;
    const zero = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    const high = Number(zero >> 32n);
    const low = Number(zero & 0xffff_ffffn);
    const { bytes } = batch.block;
    const { captured, count, details, offset, time } = batch;
    for (let i = 0; i < count; i++) {
      const total = low + time[i]!;
      const carry = Math.floor(total / HALF);
      sink.packet(source, high + carry, total - carry * HALF, bytes, offset[i]!, captured[i]!, details!.original[i]!);
    }
  }

  private hear(text: string): void {
    this.words = (this.words + text).slice(-MAX_WORDS);
    const drops = dropsTold(this.words);
    this.droppedBySystem = drops.system ?? this.droppedBySystem;
    this.droppedByInterface = drops.card ?? this.droppedByInterface;
  }
}

/** Who waits for a processor loses packets; where it is allowed, the program and this process go before others. */
function hurry(pid: number | undefined): void {
  try {
    setPriority(process.pid, constants.priority.PRIORITY_HIGH);
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_HIGH);
  } catch {
    // Only an administrator may.
  }
}

/** The drop counts a program told last. */
export function dropsTold(words: string): { system: number | null; card: number | null } {
  // dumpcap, once at its end; what it dropped itself was lost as well.
  const dumpcap = [...words.matchAll(/\(pcap:(\d+)\/dumpcap:(\d+)\/flushed:(\d+)\/ps_ifdrop:(\d+)\)/g)].at(-1);
  if (dumpcap !== undefined) return { system: Number(dumpcap[1]) + Number(dumpcap[2]) + Number(dumpcap[3]), card: Number(dumpcap[4]) };
  const last = (pattern: RegExp): number | null => {
    const match = [...words.matchAll(pattern)].at(-1);
    return match === undefined ? null : Number(match[1]);
  };
  const system = last(/(\d+) packets? dropped by kernel/g);
  // tcpdump names the interface's drops only where there are some.
  return { system, card: last(/(\d+) packets? dropped by interface/g) ?? (system === null ? null : 0) };
}
