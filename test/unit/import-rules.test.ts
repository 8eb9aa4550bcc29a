import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { importProblem, layerOf } from '../../scripts/import-rules.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.(ts|vue)$/.test(path));
}

/** Static imports, re-exports and import() with a literal; types too. */
function importsOf(path: string): string[] {
  return ts.preProcessFile(readFileSync(join(root, path), 'utf8'), true, true).importedFiles.map((file) => file.fileName);
}

describe('import rules', () => {
  const files = [...sources('main'), ...sources('shared')];

  it('has a row for every source file', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((path) => layerOf(path) === undefined)).toEqual([]);
  });

  it('holds for every import of every source file', () => {
    const problems = files.flatMap((path) =>
      importsOf(path).flatMap((specifier) => {
        const problem = importProblem(path, specifier);
        return problem === null ? [] : [`${path}: ${problem}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  /** Where, what, and whether it is allowed: the table and ESLint must both say so. */
  const cases: [string, string, boolean][] = [
    ['main/decode/decoder.ts', '../capture/record-batch.ts', true],
    ['main/decode/decoder.ts', '../capture/file-source.ts', false],
    ['main/decode/decoder.ts', '../tcp/connection-table.ts', false],
    ['main/decode/decoder.ts', 'node:fs', false],
    ['main/tcp/connection-table.ts', '../decode/segment-sink.ts', true],
    ['main/tcp/connection-table.ts', '../http/http-streams.ts', false],
    ['main/http/message-parser.ts', '../store/columns.ts', false],
    ['main/http/message-parser.ts', '../../shared/format/time.ts', true],
    ['main/findings/catalog.ts', '../report/json.ts', false],
    ['main/findings/knowledge/stack.ts', 'node:path', false],
    ['main/store/result-store.ts', '../findings/verdict.ts', false],
    ['main/capture/file-source.ts', 'cap', false],
    ['main/capture/capture-helper.ts', 'cap', true],
    ['main/analysis/analyzer.ts', '../shells/cli/program.ts', false],
    ['main/shells/cli/program.ts', 'electron', false],
    ['main/shells/cli/program.ts', '../electron/window.ts', false],
    ['main/shells/cli/program.ts', '../../analysis/analyzer.ts', true],
    ['main/rpc/rpc-server.ts', '../../shared/rpc/frames.ts', true],
    ['shared/model/report.ts', '../format/time.ts', true],
    ['shared/model/report.ts', '../../main/http/exchange-sink.ts', false],
    ['shared/model/report.ts', 'node:util', false],
  ];

  it.each(cases)('%s importing %s: allowed %s, by the table and by ESLint', async (path, specifier, allowed) => {
    expect(importProblem(path, specifier) === null).toBe(allowed);
    const { rules } = (await new ESLint({ cwd: root }).calculateConfigForFile(join(root, path))) as {
      rules: Record<string, [number, { patterns: { regex: string }[] }]>;
    };
    const patterns = rules['no-restricted-imports']![1].patterns;
    expect(patterns.some(({ regex }) => new RegExp(regex, 'u').test(specifier))).toBe(!allowed);
  });
});
