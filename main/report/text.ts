import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../shared/format/quantity.ts';
import { safeBytes, safeText } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { requestCount } from '../../shared/format/tls-words.ts';
import type { CaptureReport, EndpointReport } from '../../shared/model/report.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { losses } from './report-words.ts';
import { answer } from './text-answer.ts';
import { findingLines } from './text-findings.ts';
import { connectionLines } from './text-connections.ts';
import { pathText } from './text-names.ts';
import { Style, TextLayout } from './text-layout.ts';

export interface TextOptions {
  /** For a terminal that wants it: not where NO_COLOR is set. */
  readonly color: boolean;
  /** Columns that lines may take, 40 at least; 80 where not given. */
  readonly width?: number;
}

const DEFAULT_WIDTH = 80;
const MIN_WIDTH = 40;
const MAX_CAPTURES = 20;
const MAX_ANOMALIES = 12;
const MAX_ENDPOINTS = 10;

/** From the answer down to the detail; a section without lines is left out. */
const SECTIONS: readonly ((model: ReportModel, layout: TextLayout) => string[])[] = [
  (model, layout) => layout.paragraph(answer(model).join(' '), Style.bold),
  (model, layout) => losses(model).flatMap((loss) => layout.paragraph(loss, Style.yellow)),
  endpointLines,
  findingLines,
  connectionLines,
  captureLines,
];

/** The report for people to read in a terminal. */
export async function writeText(model: ReportModel, out: ReportOutput, options: TextOptions): Promise<void> {
  const writer = new PieceWriter(out);
  const layout = new TextLayout(Math.max(MIN_WIDTH, options.width ?? DEFAULT_WIDTH), options.color);
  let separator = '';
  for (const section of SECTIONS) {
    const lines = section(model, layout);
    if (lines.length === 0) continue;
    await writer.write(`${separator}${lines.join('\n')}\n`);
    separator = '\n';
  }
  await writer.flush();
}

function captureLines(model: ReportModel, layout: TextLayout): string[] {
  const { captures, unreadable } = model;
  const lines: string[] = [];
  const names = fileNames(captures);
  if (captures.length > 0) {
    const shown = captures.slice(0, MAX_CAPTURES);
    // One path has a line for itself; several share a column.
    lines.push(...(captures.length === 1 ? [layout.whole(`Capture ${safeText(captures[0]!.path)}`, Style.bold)] : heading(layout, 'Captures', shown.length, captures.length)));
    lines.push(
      ...layout.table(
        [
          { title: 'FILE', min: 12 },
          { title: 'PACKETS', align: 'right' },
          { title: 'SIZE', align: 'right' },
          { title: 'STARTED (UTC)' },
          { title: 'LASTS', align: 'right' },
          { title: 'FORMAT', min: 11 },
        ],
        shown.map((capture, index) => ({
          cells: [
            captures.length === 1 ? '' : names[index]!,
            formatCount(capture.packets),
            formatBytes(capture.bytes),
            capture.startedAt?.slice(0, 19).replace('T', ' ') ?? '-',
            formatDuration(capture.durationSeconds),
            [capture.format, capture.compression ?? '', ...capture.linkTypes.map(safeText)].filter((word) => word !== '').join(' '),
          ],
        })),
      ),
    );
  }
  const anomalies = captures.flatMap((capture, index) => anomalyTexts(capture).map((text) => (captures.length > 1 ? `${names[index]}: ${text}` : text)));
  for (const text of anomalies.slice(0, MAX_ANOMALIES)) lines.push(...layout.paragraph(`! ${text}`, Style.yellow, 2, 2));
  if (anomalies.length > MAX_ANOMALIES) {
    lines.push(...layout.paragraph(`! and ${plural(anomalies.length - MAX_ANOMALIES, 'more anomaly', 'more anomalies')} (all: --format json)`, Style.yellow, 2, 2));
  }
  for (const input of unreadable) lines.push(...layout.paragraph(`! ${safeText(input.path)} was not read: ${safeText(input.message)}`, Style.red, 2, 2));
  return lines;
}

/** The captures' names without their folders, where that tells them apart. */
function fileNames(captures: readonly CaptureReport[]): string[] {
  const short = captures.map(({ path }) => safeText(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)));
  return new Set(short).size === short.length ? short : captures.map(({ path }) => safeText(path));
}

function anomalyTexts(capture: CaptureReport): string[] {
  const texts = capture.anomalies.map((anomaly) => {
    const words = anomaly.message === '' ? anomaly.code.replaceAll('-', ' ') : safeText(anomaly.message);
    const frame = anomaly.firstFrame === null ? '' : `frame ${anomaly.firstFrame}`;
    const where = anomaly.count === 1 ? frame : `${formatCount(anomaly.count)} times${frame === '' ? '' : `, first in ${frame}`}`;
    return `${words} (${where === '' ? anomaly.code : `${anomaly.code}, ${where}`})`;
  });
  return capture.complete || texts.length > 0 ? texts : ['the capture is not complete'];
}

function endpointLines(model: ReportModel, layout: TextLayout): string[] {
  const shown = model.costliestEndpoints(MAX_ENDPOINTS);
  if (shown.length === 0) return [];
  return [
    ...heading(layout, 'Who talked to whom', shown.length, model.endpointCount),
    ...layout.paragraph('AVOID: avoidable connections; MOST: open at once', Style.dim, 2),
    ...layout.table(
      [
        // An IPv4 address with its port stays whole.
        { title: 'CLIENT', min: 15 },
        { title: 'SERVER', min: 21 },
        { title: 'OVER', min: 6 },
        { title: 'HOSTS', min: 8 },
        { title: 'CONNS', align: 'right' },
        { title: 'REQS', align: 'right' },
        { title: 'REUSE', align: 'right' },
        { title: 'AVOID', align: 'right' },
        { title: 'MOST', align: 'right' },
      ],
      shown.map((endpoint) => ({
        cells: [
          endpoint.client,
          socketText({ address: endpoint.server, port: endpoint.port }),
          pathText(endpoint),
          hostsText(endpoint),
          formatCount(endpoint.connections),
          requestCount(endpoint),
          endpoint.requests === 0 ? '-' : formatPercent(endpoint.reuseRatio),
          endpoint.missedReuse === null ? '' : formatCount(endpoint.missedReuse),
          endpoint.maxConcurrent === null ? '' : formatCount(endpoint.maxConcurrent),
        ],
      })),
    ),
  ];
}

function hostsText({ hosts }: EndpointReport): string {
  if (hosts.length === 0) return '';
  const first = safeBytes(hosts[0]!);
  return hosts.length === 1 ? first : `${first} +${hosts.length - 1}`;
}

function heading(layout: TextLayout, title: string, shown: number, all: number): string[] {
  const part = shown < all ? `: the first ${formatCount(shown)} of ${formatCount(all)} (all: --format json)` : '';
  return layout.paragraph(title + part, Style.bold);
}
