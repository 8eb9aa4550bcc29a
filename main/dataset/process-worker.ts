import { fork } from 'node:child_process';
import type { PartJob } from './analyze-part.ts';
import { analyzePart } from './analyze-part.ts';
import type { PartRecord } from './dataset-folder.ts';
import type { PartWorker } from './dataset-run.ts';

/**
 * A worker in a process of its own: a capture that needs too much memory takes the process with it, and nothing else.
 *
 * @param entry what to start: it calls `serveParts`
 */
export function processWorker(entry: string, args: readonly string[], heapMegabytes: number): PartWorker {
  const child = fork(entry, args, { execArgv: [`--max-old-space-size=${heapMegabytes}`], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let ended: string | null = null;
  let settle: { resolve: (record: PartRecord) => void; reject: (error: Error) => void } | null = null;
  const end = (why: string) => {
    ended ??= why;
    settle?.reject(new Error(ended));
    settle = null;
  };
  child.on('message', (record) => {
    settle?.resolve(record as PartRecord);
    settle = null;
  });
  child.on('error', (error) => end(`the worker could not go on: ${error.message}`));
  child.on('exit', (code, signal) => end(`the worker ended (${signal ?? `exit code ${code}`}): the capture may need more memory than a worker has`));
  return {
    analyze: (job) =>
      new Promise((resolve, reject) => {
        if (ended !== null) return reject(new Error(ended));
        settle = { resolve, reject };
        child.send(job);
      }),
    stop: () => void child.kill(),
  };
}

/** The other end: analyses the parts that its parent sends, until the parent goes away. */
export function serveParts(): Promise<void> {
  // The parent gets the Ctrl-C of the terminal too, and stops its workers itself.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    process.on('message', (job) => void analyzePart(job as PartJob).then((record) => process.send?.(record)));
    process.on('disconnect', () => {
      resolve();
      process.exit();
    });
  });
}
