import { writeFile } from 'node:fs/promises';
import { cutText } from '../analysis/cut-text.ts';
import { AppError } from '../app-error.ts';
import type { ComparedReport } from '../compare/compared-report.ts';
import { compare, withPseudonyms } from '../compare/compare.ts';
import { comparisonMarkdown } from '../compare/comparison-text.ts';
import { isSavedReport, readSavedReport } from '../compare/saved-report.ts';
import { jsonText } from '../report/json.ts';
import type { Comparison, ComparisonProgress, ComparisonResult } from '../../shared/model/comparison.ts';
import { CLOSE_CAUSES } from '../../shared/model/report.ts';
import type { Analyses } from './analyses.ts';
import type { AppState } from './app-service.ts';
import type { Source } from './capture-sources.ts';
import type { RequestHandlers, StreamHandlers } from './handlers.ts';
import { saveFile } from './save-file.ts';

/** Comparisons that can still be saved. */
const MOST_KEPT = 4;
/** What a page shows; the rest is in what is saved. */
const MOST_SERVERS = 200;
const MOST_FINDINGS = 100;
const MOST_CHARACTERS = 200;

type Side = ComparisonProgress['side'];

/** The handlers that hold two captures, or reports saved of them, against each other. */
export function compareHandlers(analyses: Analyses, { platform, sources }: AppState): { requests: Pick<RequestHandlers, 'compare.save'>; streams: Pick<StreamHandlers, 'compare.run'> } {
  const kept = new Map<string, Comparison>();
  let nextId = 1;

  async function* readAnalysis(side: Side, analysisId: string, signal: AbortSignal): AsyncGenerator<ComparisonProgress, ComparedReport> {
    for await (const { phase, error, bytesRead, bytesTotal } of analyses.states(analysisId, signal)) {
      if (phase === 'failed') throw new AppError(error!.code, error!.message);
      if (phase === 'done') break;
      yield { kind: 'progress', side, bytesRead, bytesTotal };
    }
    return analyses.host(analysisId).ask('compare.read', {}, signal);
  }

  async function* readSide(side: Side, source: Source, signal: AbortSignal): AsyncGenerator<ComparisonProgress, ComparedReport> {
    if (source.kind === 'analysis') return yield* readAnalysis(side, source.analysisId, signal);
    const resolved = await sources.resolve(source, false);
    const { paths, name } = resolved;
    const [path] = paths;
    if (paths.length === 1 && (await isSavedReport(path!))) return { ...(await readSavedReport(path!).catch((error: unknown) => Promise.reject(named(error, path!, name)))), name };
    // An upload may be compared once more, with another: it goes when the program ends.
    const analysisId = await analyses.openFound({ ...resolved, release: () => Promise.resolve() });
    try {
      return yield* readAnalysis(side, analysisId, signal);
    } finally {
      await analyses.close(analysisId);
    }
  }

  return {
    streams: {
      'compare.run': async function* ({ before, after }, { signal }) {
        // One after the other: each holds its columns.
        const one = yield* readSide('before', before, signal);
        const other = yield* readSide('after', after, signal);
        const comparison = compared(one, other);
        const comparisonId = `comparison-${nextId++}`;
        kept.set(comparisonId, comparison);
        for (const id of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(id);
        yield { kind: 'result', comparisonId, comparison: shown(comparison), serverCount: comparison.servers.length } satisfies ComparisonResult;
      },
    },
    requests: {
      'compare.save': ({ comparisonId, format, pseudonyms }) => {
        const found = kept.get(comparisonId);
        if (found === undefined) throw new AppError('no-such-comparison', 'this comparison is not kept any more: compare again');
        const comparison = pseudonyms ? withPseudonyms(found) : found;
        const text = format === 'json' ? `${jsonText(comparison)}\n` : comparisonMarkdown(comparison);
        // The name of no capture: it may be what is to be left out.
        return saveFile(platform, `reuse-comparison.${format === 'json' ? 'json' : 'md'}`, ({ path }) => writeFile(path, text, { flag: 'wx', mode: 0o600 }));
      },
    },
  };
}

/** Where an upload lies is nothing to tell. */
function named(error: unknown, path: string, name: string): unknown {
  return error instanceof AppError ? new AppError(error.code, error.message.replaceAll(path, name)) : error;
}

/** A saved report is anybody's file: what does not hold what it should is refused in words. */
function compared(before: ComparedReport, after: ComparedReport): Comparison {
  try {
    return compare(before, after);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new AppError('not-a-report', 'one of the two is a damaged report: save it again with analyze --format json');
    throw error;
  }
}

/** As long as a page reads, whatever a saved report holds. */
function shown(comparison: Comparison): Comparison {
  const cut = (text: string): string => cutText(text, MOST_CHARACTERS);
  const { before, after, findings, causes, servers } = comparison;
  return {
    ...comparison,
    before: { ...before, name: cut(before.name) },
    after: { ...after, name: cut(after.name) },
    findings: findings.slice(0, MOST_FINDINGS).map((finding) => ({ ...finding, title: cut(finding.title) })),
    causes: causes.filter(({ cause }) => CLOSE_CAUSES.includes(cause)),
    servers: servers.slice(0, MOST_SERVERS).map((server) => ({ ...server, server: cut(server.server), hosts: server.hosts.slice(0, 3).map(cut) })),
  };
}
