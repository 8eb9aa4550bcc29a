import axios from 'axios';

/** With responseType 'stream' the body is the caller's: pipe it, or let it through. */
export async function statusOf(url, httpsAgent) {
  const response = await axios.get(url, { httpsAgent, responseType: 'stream' });
  response.data.resume(); // not destroy(), which closes the socket
  return response.status;
}
