import { existsSync } from 'node:fs';
import type { CaptureOptions } from '../../shared/model/capture.ts';
import type { AppError } from '../app-error.ts';
import { captureError, describeFailure } from './capture-programs.ts';
import type { PacketSink, PacketSource } from './packet-source.ts';

/** What of the package `cap` is used; loaded by the capture helper alone. */
export interface CapDevice {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (length: number, cut: boolean) => void): void;
  close(): void;
  setMinBytes?(bytes: number): void;
}

const LINK_TYPES: Readonly<Record<string, number>> = { NULL: 0, ETHERNET: 1, RAW: 101, LINKTYPE_LINUX_SLL: 113, IEEE802_11_RADIO: 127 };
/** `cap` keeps no more of a packet. */
const PACKET_BYTES = 65_535;
const PAUSE_MILLISECONDS = 200;
const HALF = 2 ** 32;

/**
 * libpcap in this process, by the package `cap`. It gives neither the kernel's times nor its drop counts: packets get
 * the time at which they arrive here.
 */
export class CapSource implements PacketSource {
  linkType = 0;
  readonly process = null;
  readonly droppedBySystem = null;
  readonly droppedByInterface = null;
  private readonly cap: CapDevice;
  private readonly device: string;
  private readonly options: CaptureOptions;
  private readonly buffer = Buffer.alloc(PACKET_BYTES);
  private end: (error: AppError | null) => void = () => undefined;
  private readonly ended = new Promise<AppError | null>((resolve) => (this.end = resolve));

  constructor(cap: CapDevice, device: string, options: CaptureOptions) {
    this.cap = cap;
    this.device = device;
    this.options = options;
  }

  open(): Promise<void> {
    let name: string;
    try {
      name = this.cap.open(this.device, this.options.filter, this.options.bufferMegabytes << 20, this.buffer);
      this.cap.setMinBytes?.(0);
    } catch (error) {
      return Promise.reject(describeFailure('cap', this.device, error instanceof Error ? error.message : String(error)));
    }
    const linkType = LINK_TYPES[name];
    if (linkType === undefined) return Promise.reject(captureError('backend-failed', `cap cannot read the link layer of ${this.device} (${name}): use tcpdump or dumpcap`));
    this.linkType = linkType;
    return Promise.resolve();
  }

  pump(source: number, sink: PacketSink): Promise<AppError | null> {
    const zero = BigInt(Date.now()) * 1_000_000n;
    const high = Number(zero >> 32n);
    const low = Number(zero & 0xffff_ffffn);
    const startedAt = performance.now();
    const limit = this.options.snapLength || PACKET_BYTES;
    this.cap.on('packet', (length) => {
      const total = low + Math.round((performance.now() - startedAt) * 1e6);
      const carry = Math.floor(total / HALF);
      sink.packet(source, high + carry, total - carry * HALF, this.buffer, 0, Math.min(length, limit), length);
    });
    const timer = setInterval(() => {
      sink.pause();
      // libpcap's "the interface disappeared" does not come through.
      if (process.platform === 'linux' && this.device !== 'any' && !existsSync(`/sys/class/net/${this.device}`)) this.end(describeFailure('cap', this.device, 'The interface disappeared'));
    }, PAUSE_MILLISECONDS);
    return this.ended.finally(() => {
      clearInterval(timer);
      this.cap.close();
    });
  }

  refresh(): void {}

  stop(): void {
    this.end(null);
  }
}
