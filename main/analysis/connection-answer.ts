import { catalogEntry } from '../findings/catalog.ts';
import { fixFor } from '../findings/fixes.ts';
import { TIME_WAIT } from '../findings/ports.ts';
import { verdictWords } from '../report/verdict-words.ts';
import { AppError } from '../app-error.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import { conditionText } from '../../shared/query/edit-query.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { CloseCause, Severity } from '../../shared/model/report.ts';
import type { ConnectionDetail, ShownFinding, ShownFix } from '../../shared/model/view.ts';
import { cutText } from './cut-text.ts';
import { timeWaitFrom } from './lane-spans.ts';
import type { Results } from './results.ts';
import { shownFinding, shownFix } from './shown-finding.ts';

/** Exchanges that travel with a connection: the first and the last; a page of the exchanges' table has all of them. */
const MAX_EXCHANGES = 400;
/** Events of each kind that travel with it. */
const MAX_EVENTS = 500;
const NO_FIX: ReadonlySet<CloseCause> = new Set(['open-at-end', 'capture-incomplete', 'unknown', 'protocol-switched']);
const RANK: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/**
 * All that the page of one connection shows.
 *
 * @param isReading the capture goes on: what is open in it is open now, and not at its end
 * @throws AppError `no-such-connection`
 */
export function connectionDetail(results: Results, id: number, isReading: boolean): ConnectionDetail {
  const model = results.report({ query: '', range: undefined });
  const report = id > model.connectionCount ? null : model.connection(id);
  if (report === null) throw new AppError('no-such-connection', `there is no connection ${id} in this capture`);
  const { store, diagnosis } = results;
  const all = model.findings();
  const findings = report.findings.map((finding) => shownFinding(all[finding - 1]!));
  const endpointId = store.connections.endpoint.get(id - 1);
  const query = conditionText('cause', report.close.cause);
  const waits = timeWaitFrom(store, id - 1);
  const [capture] = model.captures;
  return {
    revision: results.revision,
    report: shownConnection(report),
    verdict: results.isFinal ? { ...verdictWords(report), ...(isReading && report.close.cause === 'open-at-end' && { headline: 'This connection is open.' }) } : { headline: 'Not judged yet: the capture is still being read.', detail: '', confidence: 'possible' },
    otherExplanations: results.isFinal ? otherExplanations(report) : [],
    findings,
    fix: fixOf(report, findings, diagnosis.endpoints[endpointId]?.clientStack?.id ?? null, diagnosis.endpoints[endpointId]?.serverStack?.id ?? null),
    sameCause: { connections: results.isFinal ? results.count(query) : 0, query },
    hosts: [...new Set(report.exchanges.flatMap(({ request }) => (request?.host ? [cutText(safeBytes(request.host), MAX_NAME)] : [])))].slice(0, 20),
    endpointId,
    timeWait: waits === null || report.close.by === null ? null : { side: report.close.by, seconds: TIME_WAIT / 1e9 },
    startedAt: capture?.startedAt ?? null,
  };
}

/** What would look the same on the wire, with what would speak for it. */
function otherExplanations({ close }: ConnectionReport): ConnectionDetail['otherExplanations'] {
  const { lookAlikes } = catalogEntry(close.cause);
  return close.alternatives.map((cause) => {
    const { title, looksLike } = catalogEntry(cause);
    const tell = lookAlikes.find(({ id }) => id === cause)?.tell;
    return { cause, title, note: tell === undefined ? looksLike : `How to tell: ${tell}.` };
  });
}

/** Of the gravest finding that is worth a change, of equals that of the close's own cause; else what is said of the cause. */
function fixOf({ close }: ConnectionReport, findings: readonly ShownFinding[], clientStack: string | null, serverStack: string | null): ShownFix | null {
  const worth = findings.filter(({ severity }) => severity !== 'info').sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const [gravest] = worth;
  if (gravest !== undefined) return (worth.find(({ rule, severity }) => rule === close.cause && severity === gravest.severity) ?? gravest).fix;
  if (NO_FIX.has(close.cause) || catalogEntry(close.cause).severity === 'info') return null;
  return shownFix(fixFor(close.cause, clientStack, serverStack), close.cause);
}

/** Texts of the capture as they may be shown, and no more exchanges and events than a frame holds. */
function shownConnection(report: ConnectionReport): ConnectionReport {
  const { exchanges, tls } = report;
  const some = exchanges.length <= MAX_EXCHANGES ? exchanges : [...exchanges.slice(0, MAX_EXCHANGES / 2), ...exchanges.slice(-MAX_EXCHANGES / 2)];
  return {
    ...report,
    ...(tls === undefined ? {} : { tls: { ...tls, sni: tls.sni === null ? null : safeBytes(tls.sni), alpn: tls.alpn === null ? null : safeBytes(tls.alpn) } }),
    exchanges: some.map((exchange) => ({
      ...exchange,
      interim: exchange.interim.slice(0, 20),
      request: exchange.request === null ? null : shownRequest(exchange.request),
    })),
    ...(report.estimatedExchanges && { estimatedExchanges: report.estimatedExchanges.slice(0, MAX_EXCHANGES) }),
    keepAliveProbes: report.keepAliveProbes.slice(0, MAX_EVENTS),
    windowProbes: report.windowProbes.slice(0, MAX_EVENTS),
    zeroWindows: report.zeroWindows.slice(0, MAX_EVENTS),
    gaps: report.gaps.slice(0, MAX_EVENTS),
  };
}

const MAX_TARGET = 600;
const MAX_NAME = 255;

function shownRequest(request: NonNullable<ConnectionReport['exchanges'][number]['request']>): NonNullable<ConnectionReport['exchanges'][number]['request']> {
  const { method, target, host, progress } = request;
  return {
    ...request,
    method: cutText(safeBytes(method), MAX_NAME),
    target: cutText(safeBytes(target), MAX_TARGET),
    host: host === null ? null : cutText(safeBytes(host), MAX_NAME),
    ...(progress === undefined ? {} : { progress: progress.slice(0, 200) }),
  };
}
