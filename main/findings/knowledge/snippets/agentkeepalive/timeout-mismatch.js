import { HttpsAgent } from 'agentkeepalive';

/** freeSocketTimeout: how long an idle socket is kept; below the server's timeout. */
export const agent = new HttpsAgent({ freeSocketTimeout: 4_000, maxSockets: 64 });
