import https from 'node:https';
import fetch from 'node-fetch';

const agent = new https.Agent({ keepAlive: true, timeout: 4_000 });

export async function text(url) {
  const response = await fetch(url, { agent }); // version 2 sends Connection: close without an agent
  return response.text();
}
