import { expect, it } from 'vitest';
import { connection, diagnosed, response, type Talk } from './captures.ts';

const NODE = 'GET /item HTTP/1.1\r\nHost: api\r\nConnection: keep-alive\r\n\r\n';

/** A connection of Node's agent: a request whose head others write as well. */
function node(n: number, start: number, more = ''): Talk {
  return connection(n, start).client(NODE).server(response(100, more)).ack('client');
}

async function stacks(...talks: readonly Talk[]): Promise<{ client: string | undefined; server: string | undefined }> {
  const [endpoint] = (await diagnosed(...talks)).report.endpoints();
  const told = (stack: { id: string; confidence: string } | null | undefined): string | undefined => (stack ? `${stack.id} ${stack.confidence}` : undefined);
  return { client: told(endpoint!.clientStack), server: told(endpoint!.serverStack) };
}

it('a head that several stacks write names none of them surely', async () => {
  expect(await stacks(node(0, 0).wait(1.3).close('client'))).toEqual({ client: 'node-http-agent possible', server: undefined });
});

it('the timer that closes the idle connections of a client tells its stack apart', async () => {
  expect((await stacks(node(0, 0).wait(5.0005).close('client'), node(1, 2).wait(5.0003).close('client'))).client).toBe('node-http-agent likely');
});

it('one close at that time is chance', async () => {
  expect((await stacks(node(0, 0).wait(5.0005).close('client'), node(1, 2).wait(3.7).close('client'))).client).toBe('node-http-agent possible');
});

it('a server that closes a second after the timeout it advertises is Node', async () => {
  const talk = (n: number): Talk => node(n, n * 2, 'Keep-Alive: timeout=7\r\n').wait(8.003).close('server');
  expect((await stacks(talk(0), talk(1))).server).toBe('node-http-server likely');
  expect((await stacks(node(0, 0, 'Keep-Alive: timeout=7\r\n').wait(1.3).close('client'))).server).toBeUndefined();
});

it('a server that does not name itself is known by the order of its fields', async () => {
  const go = connection(0, 0).client(NODE).server('HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nContent-Length: 2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nok').ack('client').wait(1.3).close('client');
  expect((await stacks(go)).server).toBe('go-net-http-server likely');
});

it('a probe counts on whatever connection it comes, not on the first sixty-four only', async () => {
  const plain = [...Array(80).keys()].map((n) => node(n, n * 0.01).wait(0.2 + n * 0.013).close('client'));
  const probed = node(80, 5).wait(1.01).probe('client').ack('server').wait(0.3).close('client');
  expect((await stacks(...plain)).client).toBe('node-http-agent possible');
  expect((await stacks(...plain, probed)).client).toBe('node-http-agent certain');
});

it('each end of a proxy is known by the heads that it writes itself, with a User-Agent that is passed on', async () => {
  const head = (names: readonly string[]): string => `GET /item HTTP/1.1\r\n${names.map((name) => `${name}: ${name.toLowerCase() === 'user-agent' ? 'Go-http-client/1.1' : 'x'}\r\n`).join('')}\r\n`;
  const through = (n: number, server: string, names: readonly string[]): Talk => connection(n, n, { server }).client(head(names)).server(response(100)).ack('client').wait(0.5).close('client');
  const found = await diagnosed(through(0, '10.0.0.2:80', ['Host', 'User-Agent', 'Accept-Encoding']), through(1, '10.0.0.3:9000', ['host', 'user-agent', 'accept-encoding']));
  expect(found.report.endpoints().map(({ clientStack }) => clientStack?.id)).toEqual(['go-net-http-client', 'haproxy-backend']);
});
