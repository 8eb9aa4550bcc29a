import https from 'node:https';

/** Repeats a GET whose kept socket the server had closed: Node leaves that to the program. */
export function getAgain(url, agent, onResponse, onError) {
  const req = https.get(url, { agent }, onResponse);
  req.on('error', (error) => {
    if (req.reusedSocket && error.code === 'ECONNRESET') getAgain(url, agent, onResponse, onError);
    else onError(error);
  });
}
