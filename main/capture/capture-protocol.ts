import type { BackendName, CaptureEnd, CaptureOptions, CaptureTotals } from '../../shared/model/capture.ts';

/*
 * What the capture helper is told and tells: one JSON-able object a message, over the channel of a child process or of
 * a utility process. A helper serves one capture and then ends.
 */

export type ToHelper =
  /** Capture with this backend into a new file at `path`. */
  | { readonly type: 'start'; readonly backend: BackendName; readonly path: string; readonly options: CaptureOptions }
  /** Whether `cap` can open this interface with this filter; answered by `probed`. */
  | { readonly type: 'probe'; readonly interface: string; readonly filter: string }
  /** The files of the ring up to this number were read. */
  | { readonly type: 'passed'; readonly number: number }
  | { readonly type: 'stop' };

export type FromHelper =
  /** The file is there and begins; `processes` are those that capture, to be ended if the helper dies. */
  | { readonly type: 'started'; readonly processes: readonly number[] }
  | { readonly type: 'progress'; readonly totals: CaptureTotals }
  | { readonly type: 'stopped'; readonly by: CaptureEnd; readonly totals: CaptureTotals }
  /** Could not start, or ended early; what was captured stands in the file. */
  | { readonly type: 'failed'; readonly code: CaptureErrorCode; readonly message: string; readonly totals: CaptureTotals }
  | { readonly type: 'probed'; readonly error: { readonly code: CaptureErrorCode; readonly message: string } | null };

/** Stable, as AppError codes; capture-errors.ts has the words. */
export type CaptureErrorCode =
  | 'backend-missing'
  | 'capture-not-permitted'
  | 'interface-not-found'
  | 'interface-down'
  | 'interface-vanished'
  | 'filter-invalid'
  | 'disk-full'
  | 'output-exists'
  | 'output-unwritable'
  | 'backend-failed'
  | 'helper-died';
