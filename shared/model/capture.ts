/* What is said of interfaces and of a running live capture, on the command line and in the page. */

/** Programs and modules that capture, the preferred first. */
export const BACKENDS = ['tcpdump', 'dumpcap', 'cap'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** Whether a backend can capture here, and why it is preferred or cannot. */
export interface BackendState {
  name: BackendName;
  usable: boolean;
  /** One line for people. */
  reason: string;
}

export interface InterfaceInfo {
  name: string;
  description: string | null;
  addresses: string[];
  /** As in tcpdump -L: EN10MB, RAW; null where it is known only once it is opened. */
  linkType: string | null;
  up: boolean;
  /** Packets in and out since it came up; null where the system does not count them for us. */
  packets: number | null;
}

/** What to capture and until when. */
export interface CaptureOptions {
  /** At least one. */
  interfaces: string[];
  /** pcap-filter(7); empty: everything. */
  filter: string;
  /** Bytes kept of a packet; 0: all. */
  snapLength: number;
  promiscuous: boolean;
  /** Of the kernel, for each interface. */
  bufferMegabytes: number;
  /** Packets are handed over at once, which costs more for each. */
  immediate: boolean;
  /** When to stop by itself; null: never for this. */
  seconds: number | null;
  packets: number | null;
  /** Of the capture file or files. */
  bytes: number | null;
  /** Begin another file after so many bytes, and keep so many (0: all); null: one file. */
  ring: { bytes: number; files: number } | null;
}

export type CapturePhase = 'starting' | 'capturing' | 'stopped' | 'failed';

/** Who or what ended a capture. */
export type CaptureEnd = 'person' | 'seconds' | 'packets' | 'bytes' | 'failure';

export interface CaptureTotals {
  packets: number;
  /** Of capture format, over all files. */
  bytes: number;
  /** Packets lost in the kernel or in the backend, and in the network card; null: the backend does not say (yet). */
  droppedBySystem: number | null;
  droppedByInterface: number | null;
}

/** Where a live capture stands; sent at most four times a second. */
export interface CaptureState extends CaptureTotals {
  captureId: string;
  /** What `analysis.state` and `results.*` take. */
  analysisId: string;
  phase: CapturePhase;
  interfaces: string[];
  filter: string;
  backend: BackendName;
  backendReason: string;
  /** Seconds since it began to listen. */
  seconds: number;
  endedBy: CaptureEnd | null;
  error: { code: string; message: string } | null;
}

/** A capture filter that compiles, or what its compiler says. */
export interface FilterCheck {
  /** Of the compiled filter; null where it does not compile or could not be checked. */
  instructions: number | null;
  error: string | null;
}

/** What can be captured here, and how to allow it. */
export interface CaptureAbility {
  interfaces: InterfaceInfo[];
  backends: BackendState[];
  /** What to do where nothing is usable; null where something is. */
  how: string | null;
}
