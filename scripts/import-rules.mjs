/*
 * Who may import whom (docs/architecture.md, section 2). ESLint forbids by this table, and
 * test/unit/import-rules.test.ts walks every import against it.
 *
 * A folder may import itself, what its row names (a folder with all below it, or one file), and npm packages and
 * `node:` modules only where its row says so. The first row that holds a file counts.
 */
const model = ['shared'];
const records = ['main/capture/record-batch.ts', 'main/capture/frame-id.ts'];
const stages = [...model, ...records, 'main/decode', 'main/tcp', 'main/http'];
const engine = [...stages, 'main/app-error.ts', 'main/capture', 'main/tls', 'main/store', 'main/findings', 'main/report'];
const backEnd = [...engine, 'package.json', 'main/analysis', 'main/compare', 'main/dataset', 'main/platform', 'main/services', 'main/rpc'];

/** @type {import('./import-rules.d.mts').Layer[]} */
export const layers = [
  { folder: 'shared', imports: [], node: false, packages: ['valibot', 'liqe'] },
  { folder: 'renderer', imports: model, node: false, packages: 'any' },
  { folder: 'main/app-error.ts', imports: [], node: false, packages: [] },
  // `cap` is native and needs capture rights: one process of its own loads it.
  { folder: 'main/capture/capture-helper.ts', imports: [...model, 'package.json', 'main/app-error.ts', 'main/capture'], node: true, packages: ['cap'] },
  { folder: 'main/capture', imports: [...model, 'main/app-error.ts'], node: true, packages: ['fzstd', 'tinyglobby'] },
  // From here the way of the data: a stage sees the stages before it, never those after it.
  { folder: 'main/decode', imports: [...model, ...records], node: false, packages: [] },
  { folder: 'main/tcp', imports: [...model, ...records, 'main/decode'], node: false, packages: [] },
  { folder: 'main/http', imports: [...model, ...records, 'main/decode', 'main/tcp'], node: false, packages: [] },
  { folder: 'main/tls', imports: [...model, 'main/http', 'main/tcp'], node: false, packages: [] },
  { folder: 'main/store', imports: stages, node: false, packages: [] },
  { folder: 'main/findings', imports: [...stages, 'main/store'], node: false, packages: [] },
  { folder: 'main/report', imports: [...stages, 'main/app-error.ts', 'main/store', 'main/findings'], node: true, packages: ['hyparquet-writer'] },
  { folder: 'main/dataset', imports: [...engine, 'package.json', 'main/analysis'], node: true, packages: [] },
  { folder: 'main/compare', imports: [...model, 'main/app-error.ts', 'main/report'], node: true, packages: [] },
  { folder: 'main/analysis', imports: [...engine, 'package.json', 'main/compare'], node: true, packages: [] },
  { folder: 'main/platform', imports: [...model, 'main/app-error.ts'], node: true, packages: [] },
  { folder: 'main/services', imports: [...engine, 'package.json', 'main/analysis', 'main/compare', 'main/platform'], node: true, packages: ['valibot'] },
  { folder: 'main/rpc', imports: [...model, 'main/app-error.ts', 'main/services'], node: true, packages: ['valibot', 'ws'] },
  { folder: 'main/shells/electron', imports: backEnd, node: true, packages: ['electron'] },
  { folder: 'main/shells/browser', imports: backEnd, node: true, packages: ['ws'] },
  // The command line's `open` is how the browser shell is started.
  { folder: 'main/shells/cli/open-command.ts', imports: [...backEnd, 'main/shells/cli', 'main/shells/browser'], node: true, packages: [] },
  { folder: 'main/shells/cli', imports: backEnd, node: true, packages: ['commander'] },
];

/** The row of a source file, by its path from the project's root with forward slashes; undefined for tests and scripts. */
export function layerOf(path) {
  return layers.find(({ folder }) => isWithin(path, folder));
}

/** What is wrong with an import that stands in the file `path`, or null. */
export function importProblem(path, specifier) {
  const layer = layerOf(path);
  const target = resolveImport(path, specifier);
  if (layer === undefined) return null;
  const allowed =
    target.kind === 'node'
      ? layer.node
      : target.kind === 'package'
        ? layer.packages === 'any' || layer.packages.includes(target.name)
        : [layer.folder, ...layer.imports].some((folder) => isWithin(target.name, folder));
  return allowed ? null : `${layer.folder} must not import ${target.name} (scripts/import-rules.mjs).`;
}

/** The imported file's path from the root, the package's name, or `node:…`. */
function resolveImport(path, specifier) {
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier };
  if (!specifier.startsWith('.')) return { kind: 'package', name: specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/') };
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return { kind: 'file', name: parts.join('/') };
}

function isWithin(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}
