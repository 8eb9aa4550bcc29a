import http from 'node:http';
import https from 'node:https';
import axios from 'axios';

const options = { keepAlive: true, maxSockets: 64, timeout: 4_000 };

/** One instance with its agents for the whole program. */
export const api = axios.create({
  httpAgent: new http.Agent(options),
  httpsAgent: new https.Agent(options),
});
