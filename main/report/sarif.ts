import { createHash } from 'node:crypto';
import type { FindingReport, RuleName, Severity } from '../../shared/model/report.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import { catalogEntry, RULES } from '../findings/catalog.ts';
import { jsonText } from './json.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import { findingPlace, redactionNote } from './report-words.ts';
import type { ReportModel } from './report-model.ts';

export interface SarifOptions {
  /** Of this program. */
  readonly version: string;
}

const LEVELS: Record<Severity, 'error' | 'warning' | 'note'> = { error: 'error', warning: 'warning', info: 'note' };
/** Confidence as a rank: section 3.27.25, 0 to 100. */
const RANKS = { certain: 100, likely: 70, possible: 40 } as const;
const MAX_CONNECTIONS = 100;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The findings as SARIF 2.1.0 (OASIS), for code scanning: the rules are the catalogue's, the artifacts the captures. */
export async function writeSarif(model: ReportModel, out: ReportOutput, options: SarifOptions): Promise<void> {
  const writer = new PieceWriter(out);
  const driver = { name: 'drainspotter', version: options.version, semanticVersion: options.version, rules: RULES.map(ruleOf) };
  const artifacts = model.captures.map(({ path, bytes }) => ({ location: { uri: uriOf(path) }, length: bytes }));
  const notifications = model.unreadable.map(({ path, code, message }) => ({
    level: 'error',
    message: { text: safeText(message) },
    descriptor: { id: code },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
  }));
  const invocations = [{ executionSuccessful: model.unreadable.length === 0 && !model.interrupted, toolExecutionNotifications: notifications }];
  await writer.write(
    `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{\n"tool":${jsonText({ driver })},\n"artifacts":${jsonText(artifacts)},\n"invocations":${jsonText(invocations)},\n` +
      `"columnKind":"utf16CodeUnits",\n"properties":${jsonText({ summary: model.summary, redaction: redactionNote(model) })},\n"results":[`,
  );
  let separator = '\n';
  for (const finding of model.findings()) {
    const waiting = writer.write(separator + jsonText(resultOf(finding, model)));
    separator = ',\n';
    if (waiting !== undefined) await waiting;
  }
  await writer.write('\n]}]}\n');
  await writer.flush();
}

function ruleOf(id: RuleName) {
  const { title, happened, fix, severity } = catalogEntry(id);
  return { id, name: pascalCase(id), shortDescription: { text: title }, fullDescription: { text: happened }, help: { text: fix }, defaultConfiguration: { level: LEVELS[severity] } };
}

function resultOf(finding: FindingReport, model: ReportModel) {
  const { rule, endpoint, evidence } = finding;
  const server = endpoint === null ? finding.server : { address: endpoint.server, port: endpoint.port };
  const frames = evidence.map(({ frame, note }) => `Frame ${frame}: ${safeText(note)}`);
  // A result stands in the capture of its first frame.
  const first = evidence[0]?.frame;
  const capture = typeof first === 'string' ? Number(first.split(':')[0]) : 0;
  const path = model.captures[capture]?.path;
  const where = server === undefined ? null : findingPlace(finding, '->');
  return {
    ruleId: rule,
    ruleIndex: RULES.indexOf(rule),
    level: LEVELS[finding.severity],
    rank: RANKS[finding.confidence],
    message: { text: [safeText(finding.title), safeText(finding.explanation), ...frames, `To change: ${safeText(finding.fix.summary)}`].join('\n') },
    locations: [
      {
        ...(path === undefined ? {} : { physicalLocation: { artifactLocation: { uri: uriOf(path), index: capture } } }),
        ...(where === null ? {} : { logicalLocations: [{ fullyQualifiedName: where, kind: 'resource' }] }),
      },
    ],
    // The same finding in the next run: of the rule and the server, since clients and ports come and go.
    partialFingerprints: { 'ruleAndServer/v1': createHash('sha256').update(`${rule} ${server?.address ?? ''} ${server?.port ?? ''}`).digest('hex').slice(0, 32) },
    properties: { finding: finding.id, confidence: finding.confidence, connections: finding.connections.slice(0, MAX_CONNECTIONS), connectionCount: finding.connections.length, cost: finding.cost },
  };
}

function pascalCase(id: string): string {
  return id.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A relative or absolute path as a URI reference (RFC 3986 section 4.1). */
function uriOf(path: string): string {
  if (path === '-') return 'stdin';
  const encoded = path.replaceAll('\\', '/').split('/').map((part) => encodeURIComponent(part.replace(LONE_SURROGATE, '\ufffd'))).join('/');
  return encoded.startsWith('/') ? `file://${encoded}` : encoded;
}
