import { parentPort } from 'node:worker_threads';
import { serveSession } from './session-server.ts';

serveSession(parentPort!);
