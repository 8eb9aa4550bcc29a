import https from 'node:https';

/** The status alone: the body is let through unread, so that the socket goes back to the agent. */
export function statusOf(url, agent) {
  return new Promise((resolve, reject) => {
    https
      .get(url, { agent }, (res) => {
        res.resume(); // not destroy(), which closes the socket
        res.on('end', () => resolve(res.statusCode));
        res.on('error', reject);
      })
      .on('error', reject);
  });
}
