import type { CaptureOptions } from '../../shared/model/capture.ts';

/** Enough for a second or two of 100,000 packets that nobody takes. */
const BUFFER_MEGABYTES = 64;

export const DEFAULT_CAPTURE: CaptureOptions = {
  interfaces: [],
  filter: '',
  snapLength: 0,
  promiscuous: false,
  bufferMegabytes: BUFFER_MEGABYTES,
  immediate: false,
  seconds: null,
  packets: null,
  bytes: null,
  ring: null,
};
