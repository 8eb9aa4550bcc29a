import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recogniseClient, recogniseServer, stack, STACKS } from '../../../main/findings/stacks.ts';

/** Signs as they were on the wire in captures of the real stacks, and the stack that wrote them. */
const LAB_CLIENTS: readonly [userAgent: string | null, headerOrder: string, expected: string | null][] = [
  ['Go-http-client/1.1', 'Host,User-Agent,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Content-Length,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Transfer-Encoding,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Transfer-Encoding,Content-Range,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Content-Length,Expect,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Accept-Encoding,Connection', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Connection,Accept-Encoding', 'go-net-http-client likely'],
  ['Go-http-client/1.1', 'host,user-agent,accept-encoding', 'haproxy-backend likely'],
  ['Go-http-client/1.1', 'host,user-agent,accept-encoding,connection', 'haproxy-backend likely'],
  ['python-requests/2.34.2', 'Host,User-Agent,Accept-Encoding,Accept,Connection', 'python-requests certain'],
  ['python-urllib3/2.8.0', 'Host,Accept-Encoding,User-Agent', 'python-urllib3 likely'],
  ['python-httpx/0.28.1', 'Host,Accept,Accept-Encoding,Connection,User-Agent', 'httpx certain'],
  ['Python/3.11 aiohttp/3.14.3', 'Host,Accept,Accept-Encoding,User-Agent', 'aiohttp-client likely'],
  ['Java-http-client/17.0.15', 'Content-Length,Host,User-Agent', 'java-net-http likely'],
  ['Java/17.0.15', 'User-Agent,Host,Accept,Connection', 'java-httpurlconnection certain'],
  ['node', 'host,connection,accept,accept-language,sec-fetch-mode,user-agent,accept-encoding', 'node-fetch-undici certain'],
  ['Ruby', 'Accept-Encoding,Accept,User-Agent,Host', 'ruby-net-http likely'],
  ['curl/7.88.1', 'Host,User-Agent,Accept', 'curl likely'],
  [null, 'Host,Connection', 'node-http-agent possible'],
  [null, 'Host,Accept', 'php-curl possible'],
  [null, 'Host', null],
  ['raw', 'Host,User-Agent', null],
  ['ApacheBench/2.3', 'Host,User-Agent,Accept', 'apachebench likely'],
  ['Axel/2.17.11 (linux-gnu)', 'Host,Accept,Accept-Encoding,Range,User-Agent', 'axel likely'],
  ['Mozilla/5.0 (pc-x86_64-linux-gnu) Siege/4.0.7', 'Host,Accept,Accept-Encoding,User-Agent,Connection', 'siege likely'],
  ['libwww-perl/6.68', 'TE,Keep-Alive,Connection,Host,User-Agent', 'libwww-perl likely'],
  ['excon/0.88.0', 'Host,User-Agent,Accept', 'excon likely'],
  ['HTTPClient/1.0 (2.8.3, ruby 3.1.2 (2022-04-12))', 'User-Agent,Accept,Date,Host', 'ruby-httpclient likely'],
  ['HTTPie/3.2.1', 'Host,Accept-Encoding,Accept,Connection,User-Agent', 'httpie likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Accept-Encoding,X-Forwarded-For,X-Varnish', 'varnish-backend likely'],
  ['curl/7.88.1', 'User-Agent,Accept,Host,Via,X-Forwarded-For,Cache-Control,Connection', 'squid-upstream likely'],
  ['Go-http-client/1.1', 'User-Agent,Accept-Encoding,Host,Via,Surrogate-Capability,X-Forwarded-For,Cache-Control,Connection', 'squid-upstream likely'],
  ['Go-http-client/1.1', 'Host,User-Agent,Accept-Encoding,X-Forwarded-For,X-Forwarded-Host,X-Forwarded-Server,Connection', 'apache-proxy likely'],
  ['raw', 'Host,User-Agent,Upgrade,Connection,Sec-WebSocket-Key,Sec-WebSocket-Version', null],
];

const LAB_SERVERS: readonly [server: string | null, headerOrder: string, expected: string | null][] = [
  ['nginx/1.22.1', 'Server,Date,Content-Type,Content-Length,Last-Modified,Connection,ETag,Accept-Ranges', 'nginx-server certain'],
  ['Apache/2.4.71 (Debian)', 'Date,Server,Last-Modified,ETag,Accept-Ranges,Content-Length,Connection', 'apache-httpd certain'],
  [null, 'Content-Length,Date,Content-Type', 'go-net-http-server likely'],
  [null, 'Content-Length,Date,Content-Type,Connection', 'go-net-http-server likely'],
  [null, 'Content-Length,Etag,Date,Content-Type', 'go-net-http-server likely'],
  [null, 'Content-Encoding,Content-Type,Date,Transfer-Encoding', 'go-net-http-server likely'],
  [null, 'Date,Transfer-Encoding', 'go-net-http-server likely'],
  [null, 'Content-Type,Date,Connection,Keep-Alive,Content-Length', 'node-http-server likely'],
  [null, 'content-length,date,content-type', 'haproxy-frontend possible'],
  [null, 'Content-Length', null],
  [null, 'Content-Length,Connection', null],
  [null, 'Content-Type', null],
  ['lighttpd/1.4.69', 'Content-Type,Content-Length,Accept-Ranges,Date,Server', 'lighttpd likely'],
  ['waitress', 'Content-Length,Content-Type,Date,Server', 'waitress likely'],
  ['Cheroot/9.0.0', 'Content-Type,Content-Length,Date,Server', 'cheroot likely'],
  ['SimpleHTTP/0.6 Python/3.11.2', 'Server,Date,Content-type,Content-Length,Last-Modified', 'python-http-server likely'],
  [null, 'Content-Length,Content-Type,Date,X-Varnish,Age,Via,Connection', 'varnish likely'],
  // What a cache passes on still names the server behind it.
  ['nginx/1.22.1', 'Server,Content-Type,Content-Length,X-Varnish,Age,Via,Connection', 'varnish likely'],
  [null, 'Content-Length,Content-Type,Date,X-Cache,X-Cache-Lookup,Via,Connection', 'squid likely'],
];

test.each(LAB_CLIENTS)('client %s | %s', (userAgent, headerOrder, expected) => {
  expect(told(recogniseClient({ userAgent, headerOrder }))).toBe(expected);
});

test.each(LAB_SERVERS)('server %s | %s', (server, headerOrder, expected) => {
  expect(told(recogniseServer({ server, headerOrder }))).toBe(expected);
});

describe('a User-Agent of the program', () => {
  test.each([
    ['Host,User-Agent,Accept-Encoding', 'go-net-http-client likely'],
    ['Host,User-Agent,Content-Length,Authorization,Content-Type,Accept-Encoding', 'go-net-http-client likely'],
    ['Host,User-Agent,Accept-Encoding,Accept,Connection', 'python-requests likely'],
    ['User-Agent,Host,Accept,Connection', 'java-httpurlconnection likely'],
    ['Authorization,Host,Connection,Accept-Encoding,User-Agent', 'okhttp likely'],
    ['Host,Accept,Accept-Encoding,User-Agent', 'aiohttp-client likely'],
    ['User-Agent,Host,Connection', 'node-http-agent possible'],
    ['accept,user-agent,host', 'rust-reqwest-hyper possible'],
    // Another client with two fields of its own writes this as well.
    ['Host,User-Agent,Accept,Accept-Encoding', 'go-net-http-client possible'],
    // Go sorts a program's fields and spells them its way.
    ['Host,User-Agent,X-Token,Accept,Accept-Encoding', null],
    ['Host,User-Agent,X-Request-ID,Accept-Encoding', null],
  ])('does not hide the stack: %s', (headerOrder, expected) => {
    expect(told(recogniseClient({ userAgent: 'MyService/1.2', headerOrder }))).toBe(expected);
  });

  test('of an unknown browser is not taken for a library', () => {
    expect(recogniseClient({ userAgent: 'Mozilla/5.0 (X11) SomeBrowser/3', headerOrder: 'Host,Connection,Accept-Encoding,User-Agent' })).toBeNull();
  });
});

describe('what TCP does', () => {
  test('makes a name certain', () => {
    const signs = { userAgent: 'Go-http-client/1.1', headerOrder: 'Host,User-Agent,Accept-Encoding' };
    expect(told(recogniseClient({ ...signs, probeIdleSeconds: 30.4 }))).toBe('go-net-http-client certain');
    expect(told(recogniseClient({ ...signs, probeIdleSeconds: 15.1 }))).toBe('go-net-http-client certain');
    expect(told(recogniseClient({ ...signs, idleCloseSeconds: 90.09 }))).toBe('go-net-http-client certain');
    expect(told(recogniseClient({ ...signs, probeIdleSeconds: 7 }))).toBe('go-net-http-client likely');
  });

  test('tells the agents of Node, which write the same head', () => {
    const signs = { userAgent: null, headerOrder: 'Host,Connection' };
    expect(told(recogniseClient({ ...signs, probeIdleSeconds: 1.02 }))).toBe('node-http-agent certain');
    expect(told(recogniseClient({ ...signs, probeIdleSeconds: 1.02, idleCloseSeconds: 4.0 }))).toBe('agentkeepalive likely');
  });

  test('is all there is in TLS, and never enough', () => {
    expect(told(recogniseClient({ userAgent: null, headerOrder: null, probeIdleSeconds: 45.1 }))).toBe('chrome possible');
    expect(recogniseClient({ userAgent: null, headerOrder: null })).toBeNull();
    expect(recogniseClient({ userAgent: null, headerOrder: null, probeIdleSeconds: 30 })).toBeNull();
  });

  test('tells a Node server by the second between its announced and its real timeout', () => {
    const signs = { server: null, headerOrder: 'X-Powered-By,Content-Type,Date,Connection,Keep-Alive,Content-Length' };
    expect(told(recogniseServer({ ...signs, keepAliveTimeout: 5, idleCloseSeconds: 6.006 }))).toBe('node-http-server certain');
    expect(told(recogniseServer({ ...signs, keepAliveTimeout: 5, idleCloseSeconds: 5.001 }))).toBe('node-http-server likely');
  });

  test('a server without a name is told, weakly, by what it announces', () => {
    expect(told(recogniseServer({ server: null, keepAliveTimeout: 5 }))).toBe('node-http-server possible');
    expect(told(recogniseServer({ server: null, keepAliveTimeout: 2, idleCloseSeconds: 3.002 }))).toBe('node-http-server likely');
    expect(told(recogniseServer({ server: null, keepAliveTimeout: 20 }))).toBe('tomcat possible');
    expect(recogniseServer({ server: null, keepAliveTimeout: 17 })).toBeNull();
    expect(recogniseServer({ server: 'Own/1', keepAliveTimeout: 5 })).toBeNull();
    expect(recogniseServer({ server: null })).toBeNull();
  });

  test('tells a Go server by its probes', () => {
    expect(told(recogniseServer({ server: null, headerOrder: 'Date,Content-Length', probeIdleSeconds: 15.2 }))).toBe('go-net-http-server certain');
  });
});

describe('stacks that share a name', () => {
  test.each([
    ['Go-http-client/1.1', 'Host,User-Agent,X-Forwarded-For,Accept-Encoding', 'go-net-http-client likely'],
    ['curl/8.5.0', 'Host,User-Agent,Accept,X-Forwarded-For,Accept-Encoding', 'go-reverse-proxy likely'],
    ['Go-http-client/1.1', 'Host,User-Agent,Accept-Encoding,X-Forwarded-For', 'go-reverse-proxy likely'],
    ['curl/8.5.0', 'Host,User-Agent,Accept,X-Forwarded-For,X-Forwarded-Host,X-Forwarded-Proto,Accept-Encoding', 'caddy-backend possible'],
    ['curl/8.5.0', 'Host,User-Agent,Accept,X-Forwarded-For,X-Forwarded-Host,X-Forwarded-Port,X-Forwarded-Proto,X-Forwarded-Server,X-Real-Ip,Accept-Encoding', 'traefik-backend likely'],
    ['Go-http-client/1.1', 'Host,Connection,User-Agent,Accept-Encoding', 'nginx-upstream likely'],
    ['curl/8.5.0', 'Host,X-Real-IP,X-Forwarded-For,Connection,User-Agent,Accept', 'nginx-upstream possible'],
    ['curl/8.5.0', 'host,user-agent,accept,x-forwarded-proto,x-request-id,x-envoy-expected-rq-timeout-ms', 'envoy-upstream likely'],
    ['Java/25', 'User-Agent,Host,Accept,Connection', 'java-httpurlconnection certain'],
    ['Java-http-client/25', 'Connection,Host,HTTP2-Settings,Upgrade,User-Agent', 'java-net-http likely'],
    ['Ruby', 'Accept-Encoding,Accept,User-Agent,Connection,Keep-Alive,Host', 'ruby-net-http-persistent certain'],
    ['axios/1.21.1', 'Accept,User-Agent,Accept-Encoding,Host,Connection', 'axios-node certain'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'Host,Connection,sec-ch-ua,User-Agent,Accept,Accept-Encoding', 'chrome likely'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Host,User-Agent,Accept,Accept-Language,Accept-Encoding,Connection', 'firefox likely'],
    ['Apache-HttpClient/4.5.14 (Java/17.0.15)', 'Host,Connection,User-Agent,Accept-Encoding', 'apache-httpclient-4 likely'],
    ['Apache-HttpClient/5.1.3 (Java/17.0.15)', 'Accept-Encoding,Host,Connection,User-Agent', 'apache-httpclient-5 certain'],
  ])('%s | %s', (userAgent, headerOrder, expected) => {
    expect(told(recogniseClient({ userAgent, headerOrder }))).toBe(expected);
  });

  test('a name is case-sensitive', () => {
    expect(recogniseClient({ userAgent: 'go-http-client/1.1', headerOrder: null })).toBeNull();
    expect(told(recogniseClient({ userAgent: 'Go-http-client/1.1', headerOrder: null }))).toBe('go-net-http-client likely');
  });

  test('a server behind a proxy keeps its name but not its head', () => {
    expect(told(recogniseServer({ server: 'nginx/1.27.1', headerOrder: 'server,date,content-type' }))).toBe('nginx-server likely');
  });

  test.each([
    ['uvicorn', 'uvicorn'],
    ['gunicorn/26.2.0', 'gunicorn'],
    ['Kestrel', 'kestrel'],
    ['Microsoft-IIS/10.0', 'iis'],
    ['istio-envoy', 'envoy-downstream'],
    ['awselb/2.0', 'aws-alb'],
    ['Jetty(12.0.9)', 'jetty'],
    ['Python/3.12 aiohttp/3.14.3', 'aiohttp-server'],
  ])('server named %s', (server, id) => {
    expect(recogniseServer({ server })?.id).toBe(id);
  });
});

test('hostile signs give an answer at once', () => {
  const name = fc.constantFrom('Host', 'host', 'User-Agent', 'Accept-Encoding', 'Connection', 'X-Forwarded-For', 'Date', 'Server', '', '\u0000', 'a'.repeat(40));
  const order = fc.option(fc.array(name, { maxLength: 40 }).map((names) => names.join()));
  fc.assert(
    fc.property(fc.option(fc.string()), order, fc.option(fc.double()), (text, headerOrder, seconds) => {
      for (const found of [
        recogniseClient({ userAgent: text, headerOrder, probeIdleSeconds: seconds, idleCloseSeconds: seconds }),
        recogniseServer({ server: text, headerOrder, keepAliveTimeout: seconds, probeIdleSeconds: seconds, idleCloseSeconds: seconds }),
      ]) {
        if (found !== null) expect(stack(found.id).name).toBe(found.name);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
  const long = `Mozilla/5.0 ${'Chrom Gecko/1 '.repeat(5000)}`;
  expect(recogniseClient({ userAgent: long, headerOrder: 'Accept,'.repeat(70) })).toBeNull();
});

describe('the knowledge base', () => {
  test('has every stack once', () => {
    expect(new Set(STACKS.map(({ id }) => id)).size).toBe(STACKS.length);
    expect(STACKS.length).toBeGreaterThanOrEqual(63);
  });

  test.each(STACKS.map((entry) => [entry.id, entry] as const))('%s is whole', (_, entry) => {
    expect(['client', 'server', 'load-balancer', 'os']).toContain(entry.role);
    expect(entry.client !== undefined).toBe(entry.role === 'client');
    expect(entry.os !== undefined).toBe(entry.role === 'os');
    if (entry.server !== undefined) expect(['server', 'load-balancer']).toContain(entry.role);
    for (const pattern of [entry.recognise.userAgent, entry.recognise.server]) if (pattern !== undefined) expect(() => new RegExp(pattern)).not.toThrow();
    for (const { setting, value, source } of entry.defaults) for (const text of [setting, value, source]) expect(text).toMatch(/\S/);
    const timer = entry.client?.idleCloseSeconds;
    if (timer?.kind === 'timer') expect(timer.max).toBeGreaterThanOrEqual(timer.min);
    if (timer?.kind === 'lazy') expect(timer.max).toBeNull();
    expect(entry.advice).toMatch(/\.$/);
  });

  test('an id that is not there is a mistake of the caller', () => {
    expect(() => stack('no-such-stack')).toThrow(RangeError);
  });
});

function told(found: { id: string; confidence: string } | null): string | null {
  return found === null ? null : `${found.id} ${found.confidence}`;
}
