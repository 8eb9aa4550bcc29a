import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzOptions } from './fuzz.ts';
import { fuzz } from './fuzz.ts';
import { fuzzSeeds } from './seeds.ts';

/** One shard of `npm run fuzz`: tells the number of the mutation at hand through shared memory, and at last the result. */
const { folders, current, ...options } = workerData as Omit<FuzzOptions, 'seeds' | 'onStart'> & { folders: string[]; current: Int32Array };
const result = await fuzz({ ...options, seeds: fuzzSeeds(folders), onStart: (number) => void Atomics.store(current, 0, number) });
parentPort!.postMessage(result);
