import https from 'node:https';

/** One agent for the whole program: each has a pool of its own. */
export const agent = new https.Agent({
  keepAlive: true, // Node before 19 sends Connection: close without it
  maxSockets: 64, // requests to one host at once; the rest wait
  maxFreeSockets: 64, // default 256
  timeout: 4_000, // idle sockets are closed after this: below the server's timeout
});

export function get(url, onResponse) {
  return https.get(url, { agent }, onResponse);
}
