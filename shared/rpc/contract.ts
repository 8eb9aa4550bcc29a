/*
 * What the page can ask of the program. The schemas are checked by the server for every call; the types of the results
 * are those of shared/model. `requests` answer once, `streams` until they end or are stopped.
 */
import * as v from 'valibot';
import type { CaptureAbility, CaptureState, FilterCheck } from '../model/capture.ts';
import type { ComparisonProgress, ComparisonResult } from '../model/comparison.ts';
import type { PacketReport } from '../model/packet.ts';
import type { AppInfo, FolderEntry, RecentFile, ReportFormat, Sample, Settings } from '../model/app.ts';
import type { AnalysisState, ConnectionDetail, EndpointDetail, EndpointRow, Facet, FindingsPage, GotoTarget, LanesPage, Overview, PoolCurve, RowsPage, Series } from '../model/view.ts';
import { CLOSE_CAUSES, FURTHER_RULES } from '../model/report.ts';
import { ENDPOINT_COLUMN_IDS } from '../query/endpoint-order.ts';

/** A method's parameters, checked, and the type of what it answers. */
export interface Method<P extends v.GenericSchema, R> {
  readonly params: P;
  /** Never there at run time: carries the type. */
  readonly result?: R;
}

function method<R>() {
  return <P extends v.GenericSchema>(params: P): Method<P, R> => ({ params });
}

/** Rows a page may have: it stays under a frame's size. */
export const MAX_ROWS = 500;

const none = v.strictObject({});
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const seconds = v.pipe(v.number(), v.finite());
const text = v.pipe(v.string(), v.maxLength(4096));
const name = v.pipe(v.string(), v.maxLength(64));
const query = v.optional(text, '');
const analysis = { analysisId: name };
const rows = { offset: count, limit: v.pipe(count, v.minValue(1), v.maxValue(MAX_ROWS)) };
const sort = v.optional(v.pipe(v.array(v.strictObject({ field: name, descending: v.boolean() })), v.maxLength(4)), []);
const range = v.optional(v.strictObject({ from: seconds, to: seconds }));
const rule = v.picklist([...CLOSE_CAUSES, ...FURTHER_RULES]);
const table = v.picklist(['connections', 'exchanges']);
const paths = v.strictObject({ kind: v.literal('paths'), paths: v.pipe(v.array(text), v.minLength(1), v.maxLength(1000)) });
const upload = v.strictObject({ kind: v.literal('upload'), upload: name });
/** `analysis`: the captures of one that is open. */
const source = v.variant('kind', [paths, v.strictObject({ kind: v.literal('sample'), sample: name }), upload, v.strictObject({ kind: v.literal('analysis'), analysisId: name })]);
/** One file. Left out: the one that the capture was read with last; null: none. */
const keyLog = v.optional(v.nullable(v.variant('kind', [paths, upload])));
const reportScope = { ...analysis, format: name, query, range, redact: v.optional(v.boolean(), true), pseudonyms: v.optional(v.boolean(), false) };

export const settingsPatch = v.strictObject({
  theme: v.optional(v.picklist(['system', 'light', 'dark'])),
  columns: v.optional(v.pipe(v.array(v.strictObject({ id: name, width: v.pipe(v.number(), v.minValue(24), v.maxValue(2000)) })), v.maxLength(64))),
  portBudget: v.optional(v.pipe(count, v.minValue(1), v.maxValue(65_535))),
  redact: v.optional(v.boolean()),
});

const limit = v.optional(v.nullable(v.pipe(count, v.minValue(1))), null);
const capture = { captureId: name };
const device = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
/** What to capture, as CaptureOptions of shared/model/capture.ts; what is left out is as the program would have it. */
const captureOptions = v.strictObject({
  interfaces: v.pipe(v.array(device), v.minLength(1), v.maxLength(16)),
  filter: query,
  snapLength: v.optional(v.pipe(count, v.maxValue(262_144)), 0),
  promiscuous: v.optional(v.boolean(), false),
  bufferMegabytes: v.optional(v.pipe(count, v.minValue(1), v.maxValue(1024))),
  immediate: v.optional(v.boolean(), false),
  seconds: limit,
  packets: limit,
  bytes: limit,
  ring: v.optional(v.nullable(v.strictObject({ bytes: v.pipe(count, v.minValue(100_000)), files: v.pipe(count, v.maxValue(100_000)) })), null),
  /** One file, which programs write meanwhile: its path, not a copy. Left out: that of the command line; null: none. */
  keyLog: v.optional(v.nullable(paths)),
});

export const requests = {
  'app.info': method<AppInfo>()(none),
  'settings.get': method<Settings>()(none),
  'settings.set': method<Settings>()(settingsPatch),

  'files.recent': method<RecentFile[]>()(none),
  'files.forget': method<RecentFile[]>()(v.strictObject({ path: text })),
  /** The shell's own dialog; an empty list where it was cancelled. Electron only. */
  'files.choose': method<string[]>()(none),
  /** Of the folders named on the command line; browser shell only. Without a path: those folders. */
  'files.list': method<{ path: string; parent: string | null; entries: FolderEntry[] }>()(v.strictObject({ path: v.optional(text) })),
  'samples.list': method<Sample[]>()(none),

  'analysis.open': method<{ analysisId: string }>()(v.strictObject({ source, keyLog })),
  /** Stops the reading and keeps what was read. */
  'analysis.cancel': method<null>()(v.strictObject(analysis)),
  'analysis.close': method<null>()(v.strictObject(analysis)),

  /** Of the connections that pass the query and live within the range. */
  'results.overview': method<Overview>()(v.strictObject({ ...analysis, query, range })),
  'results.series': method<Series>()(v.strictObject({ ...analysis, query, range, buckets: v.pipe(count, v.minValue(1), v.maxValue(2000)) })),
  'results.rows': method<RowsPage>()(
    v.strictObject({ ...analysis, table, query, sort, range, ...rows, columns: v.pipe(v.array(name), v.minLength(1), v.maxLength(64)) }),
  ),
  /** Where a row stands in the filtered and sorted table, from 0; null where it is not in it. */
  'results.locate': method<{ index: number | null }>()(v.strictObject({ ...analysis, table, query, sort, range, id })),
  'results.facets': method<Facet[]>()(v.strictObject({ ...analysis, table, query, range, fields: v.pipe(v.array(name), v.maxLength(16)) })),
  /** Checks a query: null, or what is wrong and where. */
  'results.check': method<{ offset: number; message: string } | null>()(v.strictObject({ ...analysis, table, query: text })),
  'results.goto': method<GotoTarget[]>()(v.strictObject({ ...analysis, text })),
  'results.connection': method<ConnectionDetail>()(v.strictObject({ ...analysis, id })),
  /** Message heads of one exchange; secrets are masked unless `secrets`. */
  'results.heads': method<{ request: [string, string][] | null; response: [string, string][] | null }>()(
    v.strictObject({ ...analysis, id, exchange: count, secrets: v.optional(v.boolean(), false) }),
  ),
  'results.packets': method<{ total: number; offset: number; packets: PacketReport[] }>()(v.strictObject({ ...analysis, id, ...rows })),
  /** Those whose host, addresses or software hold the text; without a sort the costliest first. `all`: without the text. */
  'results.endpoints': method<{ all: number; total: number; offset: number; endpoints: EndpointRow[] }>()(
    v.strictObject({ ...analysis, ...rows, sort: v.optional(v.strictObject({ column: v.picklist(ENDPOINT_COLUMN_IDS), descending: v.boolean() })), text: query }),
  ),
  'results.endpoint': method<EndpointDetail>()(v.strictObject({ ...analysis, endpoint: count })),
  'results.lanes': method<LanesPage>()(v.strictObject({ ...analysis, endpoint: count, range, ...rows })),
  'results.pool': method<PoolCurve>()(v.strictObject({ ...analysis, endpoint: count, range, points: v.pipe(count, v.minValue(2), v.maxValue(4000)) })),
  'results.findings': method<FindingsPage>()(v.strictObject({ ...analysis, rule: v.optional(rule), ...rows })),

  /** What can be captured here, and how to allow it. */
  'capture.interfaces': method<CaptureAbility>()(none),
  /** Compiles a capture filter as it is typed, for an interface. */
  'capture.check-filter': method<FilterCheck>()(v.strictObject({ interface: device, filter: text })),
  /** Begins to capture into a new file, which is analysed while it is written. */
  'capture.start': method<{ captureId: string; analysisId: string }>()(captureOptions),
  'capture.stop': method<null>()(v.strictObject(capture)),
  /** A copy of the capture file as it is now, to where a person keeps files. */
  'capture.save': method<{ path: string | null; download: string | null }>()(v.strictObject(capture)),

  /** What `compare.run` made, as a file; kept until four others were made. */
  'compare.save': method<{ path: string | null; download: string | null }>()(v.strictObject({ comparisonId: name, format: v.picklist(['markdown', 'json']), pseudonyms: v.optional(v.boolean(), false) })),

  'reports.formats': method<ReportFormat[]>()(none),
  /** The beginning of the report as text, at most 200,000 characters. */
  'reports.preview': method<{ text: string; cut: boolean }>()(v.strictObject(reportScope)),
  /** Writes it: to where a dialog says (Electron; null where cancelled), or to a download of the browser shell. */
  'reports.save': method<{ path: string | null; download: string | null }>()(v.strictObject(reportScope)),
  'packets.save': method<{ path: string | null; download: string | null }>()(v.strictObject({ ...analysis, ids: v.pipe(v.array(id), v.minLength(1), v.maxLength(10_000)) })),
  'wireshark.open': method<null>()(v.strictObject({ ...analysis, id, frame: v.union([id, name]) })),
} as const;

export const streams = {
  /** The state now and at each change, until the analysis is closed. */
  'analysis.state': method<AnalysisState>()(v.strictObject(analysis)),
  /** Reads both sides, one after the other, and ends with the result; a saved report (JSON, NDJSON) can be a side. */
  'compare.run': method<ComparisonProgress | ComparisonResult>()(v.strictObject({ before: source, after: source })),
  /** Where a live capture stands, at most four times a second, until it has ended. */
  'capture.state': method<CaptureState>()(v.strictObject(capture)),
  /** Files that the shell was asked to open: a second start, a file association, a menu. */
  'app.open': method<{ paths: string[] }>()(none),
  /** Commands of the shell's menu. */
  'app.command': method<{ command: string }>()(none),
} as const;

export type RequestName = keyof typeof requests;
export type StreamName = keyof typeof streams;
export type RequestParams<N extends RequestName> = v.InferInput<(typeof requests)[N]['params']>;
export type CheckedParams<N extends RequestName> = v.InferOutput<(typeof requests)[N]['params']>;
export type RequestResult<N extends RequestName> = NonNullable<(typeof requests)[N]['result']> | Extract<(typeof requests)[N]['result'], null>;
export type StreamParams<N extends StreamName> = v.InferInput<(typeof streams)[N]['params']>;
export type StreamItem<N extends StreamName> = NonNullable<(typeof streams)[N]['result']>;
