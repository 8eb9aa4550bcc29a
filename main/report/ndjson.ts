import { REPORT_SCHEMA } from '../../shared/model/report.ts';
import type { JsonOptions } from './json.ts';
import { jsonText, toolReport, writeObject } from './json.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { summaryOf } from './report-model.ts';

/**
 * The parts of the report as one JSON object a line (shared/schema/report-line.schema.json): captures, connections,
 * endpoints, findings, at last the summary, with the schema's name and the tool beside it.
 */
export async function writeNdjson(model: ReportModel, out: ReportOutput, options: JsonOptions): Promise<void> {
  const writer = new PieceWriter(out);
  await writeLines(writer, 'capture', model.captures);
  await writeLines(writer, 'connection', model.connections());
  await writeLines(writer, 'endpoint', model.endpoints());
  await writeLines(writer, 'finding', model.findings());
  const last = { summary: summaryOf(model), schema: REPORT_SCHEMA, tool: toolReport(options.version) };
  await writer.write(`${jsonText(last)}\n`);
  await writer.flush();
}

async function writeLines(writer: PieceWriter, name: string, items: Iterable<object>): Promise<void> {
  for (const item of items) {
    const waiting = writeObject(writer, `{${jsonText(name)}:`, item, '}\n');
    if (waiting !== undefined) await waiting;
  }
}
