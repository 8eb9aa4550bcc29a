import https from 'node:https';
import got from 'got';

/** One instance for the whole program. */
export const api = got.extend({
  agent: { https: new https.Agent({ keepAlive: true, maxSockets: 64, timeout: 4_000 }) },
});
