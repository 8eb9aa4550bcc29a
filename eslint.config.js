import js from '@eslint/js';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';
import { layers } from './scripts/import-rules.mjs';

const nodeGlobals = Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']));

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'coverage/', 'test/fixtures/', 'main/findings/knowledge/snippets/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // With noUncheckedIndexedAccess this would be right; on typed arrays in the hot path it is noise.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      // As tsc has it.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // Those that need types and find real faults.
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    files: ['renderer/**/*.vue'],
    extends: [tseslint.configs.strict, vue.configs['flat/recommended']],
    // Names and globals are vue-tsc's to check.
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      // An optional prop is told by its type.
      'vue/require-default-prop': 'off',
      // How long a line is, is a matter of taste; everything else of the recommended set holds.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // The same cases on each run: a test that fails by chance is one that nobody believes.
      'no-restricted-syntax': [
        'error',
        ...['[arguments.length=1]', ' > ObjectExpression:not(:has(> Property[key.name="seed"]))'].map((rest) => ({
          selector: `CallExpression[callee.object.name="fc"][callee.property.name="assert"]${rest}`,
          message: 'A property needs a fixed seed.',
        })),
      ],
    },
  },
  { files: ['**/*.mjs', '*.js'], languageOptions: { globals: nodeGlobals } },
  // The first row of the table counts, the last entry of this list.
  ...layers.toReversed().map((layer) => ({
    files: [layer.folder.endsWith('.ts') ? layer.folder : `${layer.folder}/**/*.{ts,vue}`],
    rules: { 'no-restricted-imports': ['error', { patterns: restrictedBy(layer) }] },
  })),
);

/** The import rules of one folder as patterns of specifiers. */
function restrictedBy(layer) {
  const message = `${layer.folder} must not import this: see scripts/import-rules.mjs.`;
  const mine = [layer.folder, ...layer.imports];
  const others = layers.map(({ folder }) => folder).filter((folder) => !mine.includes(folder) && !layer.folder.startsWith(folder));
  const specifier = (path) => specifierOf(path, layer.folder);
  const files = mine.filter((path) => path.endsWith('.ts')).map(specifier);
  const patterns = [];
  if (others.length > 0) patterns.push(`^(?:\\.\\./)+(?!(?:${files.join('|') || '$.'})$)(?:${others.map(specifier).join('|')})(?:/|$)`);
  if (!layer.node) patterns.push('^node:');
  if (layer.packages !== 'any') patterns.push(`^(?!\\.|node:${layer.packages.map((name) => `|${name}(?:/|$)`).join('')})`);
  return patterns.map((regex) => ({ regex, message }));
}

/** How a path ends in a relative specifier, wherever the importing file stands in the folder `from`: parts that both share may be left out. */
function specifierOf(path, from) {
  const parts = path.replaceAll('.', '\\.').split('/');
  const optional = from.split('/')[0] === parts[0];
  return parts.slice(0, -1).map((part) => (optional ? `(?:${part}/)?` : `${part}/`)).join('') + parts.at(-1);
}
