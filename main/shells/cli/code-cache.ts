import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/*
 * What V8 compiled of the built files while they were tried out (keep-code.ts), kept beside them: a start takes 25 ms
 * less. The build makes it, for the Node.js that runs the build. Another one, or other options of V8, is a reason for V8
 * to refuse it and to compile the file as always (nodejs.org/api/vm.html, `cachedData`). Kept code cannot `import()`: V8
 * keeps nothing of who is to do it. The build makes a `require` of each but those of packages and `node:` modules.
 */

/** Added to a built file's path. */
const SUFFIX = '.code';

type Load = (module: NodeModule, path: string) => void;

/** From here on files of this build are compiled with what was kept of them. */
export function useKeptCode(): void {
  loadThrough((path) => {
    try {
      return { cachedData: readFileSync(path + SUFFIX) };
    } catch {
      return null;
    }
  });
}

/** From here on files of this build are compiled as always. Calls `keep` with what V8 has of each, and where it belongs. */
export function keepingCode(): (keep: (path: string, code: Buffer) => void) => void {
  const scripts = new Map<string, Script>();
  loadThrough(() => ({ compiled: (path, script) => scripts.set(path, script) }));
  return (keep) => scripts.forEach((script, path) => keep(path + SUFFIX, script.createCachedData()));
}

interface Compiling {
  readonly cachedData?: Buffer;
  readonly compiled?: (path: string, script: Script) => void;
}

/** Files of this build for which `of` knows how are compiled here, all others by Node.js. */
function loadThrough(of: (path: string) => Compiling | null): void {
  const { extensions } = createRequire(import.meta.url);
  const byNode = extensions['.js'] as Load;
  const build = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
  const load: Load = (module, path) => {
    const how = path.startsWith(build) ? of(path) : null;
    if (how === null) return byNode(module, path);
    // All built files are ASCII (vite.config.ts): to look for UTF-8 in a MB of it takes a millisecond.
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'latin1')}\n})`, {
      filename: path,
      ...(how.cachedData && { cachedData: how.cachedData }),
    });
    how.compiled?.(path, script);
    const run = script.runInThisContext() as (...of: unknown[]) => void;
    run.call(module.exports, module.exports, (id: string): unknown => module.require(id), module, path, dirname(path));
  };
  extensions['.js'] = load;
}
