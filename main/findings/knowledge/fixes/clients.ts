import type { FixTexts } from './fix-text.ts';

const GO_TRANSPORT = 'golang/go src/net/http/transport.go';

/** Programs that send requests. */
export const clientFixes = {
  'go-net-http-client': {
    'undrained-response': {
      summary:
        'Read the body to its end before Close, up to a limit, for error answers too. Up to Go 1.26 Close on an unread body closes the connection. From Go 1.27 Close reads on by itself, at most 256 KiB and 50 ms, and closes only if the body is larger or slower; reading it yourself is right for both.',
      source: 'golang/go src/net/http/transport.go (bodyEOFSignal, earlyCloseFn); golang/go issue 77370',
    },
    'body-not-closed': {
      summary: 'Put "defer resp.Body.Close()" behind every request that returned no error, and read the body to its end before. No release of Go closes a body that is forgotten, 1.27 included.',
      source: 'golang/go src/net/http/client.go (Client.Do)',
    },
    'response-not-drained-yet': {
      summary: 'Decode the first response, read the rest of it and close it before the next request. A json.Decoder stops at the end of the value and may leave bytes behind it; defer runs only at the end of the function.',
      source: GO_TRANSPORT,
    },
    'client-per-request': {
      summary: 'Make one http.Client with one Transport for the whole program: the pool belongs to the Transport. A Transport made by hand without IdleConnTimeout never closes idle connections, so thrown-away ones leak.',
      source: 'golang/go src/net/http/transport.go (type Transport)',
    },
    'pool-overflow': {
      summary: 'Set Transport.MaxIdleConnsPerHost (2 for each host by default, also with http.DefaultTransport) to the number of requests that run at once, and MaxIdleConns (100 there), which counts all hosts together, to their sum.',
      source: 'golang/go src/net/http/transport.go (DefaultMaxIdleConnsPerHost)',
    },
    'timeout-mismatch': {
      summary: 'Set Transport.IdleConnTimeout a few seconds below the server\'s idle timeout (http.DefaultTransport has 90 s, a Transport made by hand none). Go does not look at the Keep-Alive header.',
      source: GO_TRANSPORT,
    },
    'stale-reuse': {
      summary: 'Set Transport.IdleConnTimeout below the server\'s idle timeout. Go repeats GET, HEAD, OPTIONS and TRACE by itself; a POST only if it carries an Idempotency-Key and its body can be read again (GetBody).',
      source: 'golang/go src/net/http/transport.go (shouldRetryRequest), request.go (isReplayable)',
    },
    'client-close-option': {
      summary: 'Take out Transport.DisableKeepAlives, Request.Close and any "Connection: close" header.',
      source: GO_TRANSPORT,
    },
    'expect-timeout': {
      summary: 'Drop the "Expect: 100-continue" header for this server, or set Transport.ExpectContinueTimeout: 0 sends the body at once, the default waits 1 s.',
      source: GO_TRANSPORT,
    },
    'undrained-request': {
      summary: 'Send "Expect: 100-continue" with large bodies, so that the server can refuse before they are sent.',
      source: GO_TRANSPORT,
    },
    'content-range-rejected': {
      summary: 'Send the offsets in the form this server takes. Container registries want "0-99" without the unit.',
      source: 'OCI distribution specification, section "Pushing a blob in chunks"',
    },
  },
  'go-reverse-proxy': {
    'pool-overflow': {
      summary: 'Give the ReverseProxy a Transport of its own with MaxIdleConnsPerHost as high as its concurrency: the default is 2 for each backend.',
      source: 'golang/go src/net/http/httputil/reverseproxy.go, src/net/http/transport.go',
    },
  },
  'node-http-agent': {
    'undrained-response': {
      summary: 'Call res.resume() when the body is not needed, and read it to its end when it is. res.destroy() closes the socket; doing nothing keeps it taken.',
      source: 'nodejs/node doc/api/http.md (Class: http.ClientRequest)',
    },
    'client-per-request': {
      summary: 'Make one https.Agent with keepAlive: true and pass it to every request. A plain "new Agent()", and the default before Node 19, sends Connection: close.',
      source: 'nodejs/node doc/api/http.md (new Agent)',
    },
    'timeout-mismatch': {
      summary: 'Set the agent\'s "timeout" below the server\'s idle timeout. The global agent has 5 s; an agent made by hand has none, and leaves one second of margin only where the server sends "Keep-Alive: timeout=N".',
      source: 'nodejs/node lib/_http_agent.js', snippet: 'client-per-request',
    },
    'stale-reuse': {
      summary: 'Set the agent\'s "timeout" below the server\'s. Node repeats nothing: when req.reusedSocket is true and the error is ECONNRESET, send an idempotent request again.',
      source: 'nodejs/node doc/api/http.md (request.reusedSocket)',
    },
  },
  'node-fetch-undici': {
    'undrained-response': {
      summary: 'Read every body (arrayBuffer(), text(), json()), or with undici call body.dump(). Bodies above 64 KiB that nobody reads hold their socket until garbage collection; cancel() closes it.',
      source: 'nodejs/undici README (garbage collection), lib/api/readable.js',
    },
    'client-per-request': {
      summary: 'Set one undici Agent for the program with setGlobalDispatcher; raise keepAliveTimeout from its 4 s, but keep it below the server\'s.',
      source: 'nodejs/undici docs/docs/api/Client.md, Agent.md',
    },
    'stale-reuse': {
      summary: 'Keep undici\'s keepAliveTimeout (4 s by default) below the server\'s; use RetryAgent for idempotent requests.',
      source: 'nodejs/undici docs/docs/api/Client.md, RetryAgent.md', snippet: 'client-per-request',
    },
  },
  'axios-node': {
    'undrained-response': {
      summary: 'With responseType "stream", read response.data to its end or call response.data.resume(); destroy() closes the socket. The other response types read everything.',
      source: 'axios lib/adapters/http.js',
    },
    'client-per-request': {
      summary: 'Make one axios instance with one httpAgent and one httpsAgent (keepAlive: true) for the program; axios has no pool of its own.',
      source: 'axios lib/adapters/http.js',
    },
  },
  got: {
    'client-per-request': { summary: 'Pass one keep-alive agent with got.extend({ agent }) and use that instance everywhere.', source: 'sindresorhus/got documentation/2-options.md' },
  },
  'node-fetch-npm': {
    'client-per-request': { summary: 'Pass one keep-alive agent to every call: version 2 sends Connection: close without one.', source: 'node-fetch/node-fetch README' },
  },
  agentkeepalive: {
    'timeout-mismatch': { summary: 'Set freeSocketTimeout (4 s by default) below the server\'s idle timeout.', source: 'node-modules/agentkeepalive README' },
  },
  'java-httpurlconnection': {
    'undrained-response': {
      summary: 'Read getInputStream(), or getErrorStream() for a status of 400 or more, to the end and close it; do not call disconnect(). Java finishes at most 512 KB of a body with a length by itself, and no chunked one.',
      source: 'openjdk/jdk sun/net/www/http/KeepAliveStreamCleaner.java; Java networking properties',
    },
    'client-per-request': {
      summary: 'Do not call disconnect(), and read every response to its end, that of an error from getErrorStream(). All HttpURLConnections of a program share one pool: there is no client to make once, but over HTTPS each SSLSocketFactory has connections of its own, so use one.',
      source: 'openjdk/jdk sun/net/www/http/KeepAliveCache.java; Java networking properties',
      snippet: 'undrained-response',
    },
    'client-close-option': { summary: 'Take out the system property http.keepAlive=false and any "Connection: close" set on the request.', source: 'Java networking properties (http.keepAlive)' },
    'pool-overflow': { summary: 'Raise the system property http.maxConnections: 5 idle connections for each host by default.', source: 'Java networking properties (http.maxConnections)' },
    'timeout-mismatch': { summary: 'Java keeps an idle connection for 5 s, or for as long as the server\'s Keep-Alive header says: correct that header at the server if it promises too much.', source: 'openjdk/jdk sun/net/www/http/KeepAliveCache.java' },
  },
  'java-net-http': {
    'undrained-response': {
      summary: 'Use BodyHandlers.discarding(), or read the InputStream to its end: closing it early closes the connection.',
      source: 'openjdk/jdk jdk/internal/net/http/Http1Response.java',
    },
    'client-per-request': { summary: 'Make one java.net.http.HttpClient for the whole program: each has its own pool.', source: 'Java API documentation, java.net.http.HttpClient' },
    'timeout-mismatch': { summary: 'Set -Djdk.httpclient.keepalive.timeout (seconds) below the server\'s idle timeout: 30 by default, 1200 before Java 20.', source: 'Java module java.net.http, system properties' },
  },
  'apache-httpclient-4': {
    'undrained-response': { summary: 'Call EntityUtils.consume(response.getEntity()) before response.close(); close() alone drops the connection.', source: 'apache/httpcomponents-client 4.5 HttpResponseProxy' },
    'client-per-request': { summary: 'Make one CloseableHttpClient; raise setMaxConnPerRoute (2 by default) and setMaxConnTotal (20), and evict idle connections before the server closes them.', source: 'apache/httpcomponents-client 4.5 PoolingHttpClientConnectionManager' },
  },
  'apache-httpclient-5': {
    'undrained-response': { summary: 'Use execute() with a response handler and consume the entity. Up to 5.1 close() reads the rest and closes the connection all the same; from 5.2 it keeps it.', source: 'Apache HttpClient issue HTTPCLIENT-2221' },
    'client-per-request': { summary: 'Make one CloseableHttpClient; raise setMaxConnPerRoute (5 by default) and setMaxConnTotal (25), and evict idle connections before the server closes them.', source: 'apache/httpcomponents-client 5 PoolingHttpClientConnectionManager' },
  },
  okhttp: {
    'undrained-response': { summary: 'Read the body to its end inside try-with-resources (use {} in Kotlin). close() alone reads on for 100 ms and then closes the connection.', source: 'square/okhttp Http1ExchangeCodec.kt' },
    'body-not-closed': { summary: 'Close every Response, with try-with-resources or use {}: a forgotten one keeps its connection until it is collected.', source: 'square/okhttp ResponseBody.kt', snippet: 'undrained-response' },
    'client-per-request': { summary: 'Make one OkHttpClient and vary it with newBuilder(), which shares the pool. Raise ConnectionPool\'s 5 idle connections, which count all hosts together.', source: 'square/okhttp ConnectionPool.kt' },
  },
  'reactor-netty': {
    'undrained-response': { summary: 'Release the body: retrieve(), or exchangeToMono with releaseBody(). Cancelling closes the connection.', source: 'Spring Framework reference, WebClient; reactor-netty HttpClientOperations.java' },
    'client-per-request': { summary: 'Share one HttpClient with one ConnectionProvider; set maxIdleTime below the server\'s timeout and lifo().', source: 'Reactor Netty reference guide, connection pool' },
  },
  'python-requests': {
    'undrained-response': { summary: 'With stream=True, read to the end (iter_content, or raw.drain_conn()) before leaving the block; leaving it early closes the connection. Without stream, requests reads everything.', source: 'psf/requests models.py; urllib3 response.py' },
    'client-per-request': { summary: 'Make one requests.Session for the program or the thread; requests.get() and its sisters make one, and a connection, for each call.', source: 'Requests documentation, Advanced Usage (Session Objects, Keep-Alive)' },
    'pool-overflow': { summary: 'Mount an HTTPAdapter with pool_maxsize as high as the number of threads (10 by default), and pool_block=True to make threads wait.', source: 'psf/requests adapters.py' },
    'stale-reuse': { summary: 'Mount an HTTPAdapter with max_retries=Retry(...): requests never closes idle connections by itself, so a request may meet the server\'s close.', source: 'psf/requests adapters.py; urllib3 util/retry.py' },
  },
  'python-urllib3': {
    'undrained-response': { summary: 'Leave preload_content on, or call drain_conn() and then release_conn(). close() drops the connection, and release_conn() alone leaves bytes in it.', source: 'urllib3 response.py' },
    'client-per-request': { summary: 'Make one PoolManager(maxsize=N, block=True); maxsize is 1 for each host by default.', source: 'urllib3 connectionpool.py' },
  },
  'python-urllib-stdlib': {
    'client-close-option': { summary: 'urllib.request always sends Connection: close. Use http.client with one connection, or a client with a pool.', source: 'python/cpython Lib/urllib/request.py' },
  },
  httpx: {
    'undrained-response': { summary: 'Call response.read() inside the client.stream() block: leaving it before the end closes the connection, however small the body.', source: 'encode/httpcore http11.py' },
    'client-per-request': { summary: 'Make one httpx.Client; raise max_keepalive_connections (20 by default) and keepalive_expiry (5 s by default, checked at the next request), the latter below the server\'s timeout.', source: 'encode/httpx _config.py' },
  },
  'aiohttp-client': {
    'undrained-response': { summary: 'Await response.read() inside "async with": leaving it before a large body is read closes the connection.', source: 'aio-libs/aiohttp client_reqrep.py' },
    'client-per-request': { summary: 'Make one ClientSession for the program, and keep keepalive_timeout (15 s by default) below the server\'s.', source: 'aiohttp documentation, Client Quickstart (Make a Request)' },
  },
  curl: {
    'undrained-response': { summary: 'Let the transfer finish, or ask with a Range for what is needed: a pipe that closes or --max-filesize ends the connection.', source: 'curl/curl lib/multi.c' },
    'client-per-request': { summary: 'Give all URLs to one curl command: the pool lives as long as the process. With libcurl reuse the easy handle, or share connections with CURLOPT_SHARE.', source: 'curl documentation (everything curl, connection reuse)' },
  },
  wget: {
    'client-per-request': { summary: 'Give all URLs to one process: wget -i urls.txt.', source: 'GNU Wget manual' },
  },
  'php-curl': {
    'client-per-request': { summary: 'Make one curl handle (or one Guzzle client) and use it for all requests; a new handle begins without connections. From PHP 8.5 a persistent share keeps them between PHP requests.', source: 'PHP manual, curl_init, curl_share_init_persistent' },
  },
  'php-streams': {
    'client-close-option': { summary: 'file_get_contents and fopen on URLs always send Connection: close. Use the curl extension with one handle.', source: 'PHP manual, HTTP context options' },
  },
  'ruby-net-http': {
    'undrained-response': { summary: 'Let the block of request() run to its end, so that Ruby reads the rest; break and exceptions close the connection.', source: 'Ruby standard library, net/http' },
    'client-per-request': { summary: 'Use Net::HTTP.start with a block for many requests, and raise keep_alive_timeout (2 s by default); Net::HTTP.get opens a connection for each call.', source: 'Ruby standard library, Net::HTTP#keep_alive_timeout' },
  },
  'ruby-net-http-persistent': {
    'timeout-mismatch': { summary: 'Set idle_timeout (5 s by default) below the server\'s idle timeout.', source: 'drbrain/net-http-persistent lib/net/http/persistent.rb' },
  },
  'dotnet-socketshttphandler': {
    'undrained-response': { summary: 'With ResponseHeadersRead, read the content to its end: Dispose reads on for 1 MiB or 2 s (MaxResponseDrainSize, ResponseDrainTimeout) and then closes the connection.', source: 'Microsoft Learn, SocketsHttpHandler' },
    'client-per-request': { summary: 'Share one HttpClient, or use IHttpClientFactory; disposing it closes its connections. Set PooledConnectionIdleTimeout (1 minute by default) below the server\'s.', source: 'Microsoft Learn, Guidelines for using HttpClient' },
  },
  'rust-reqwest-hyper': {
    'undrained-response': { summary: 'Read the body (bytes(), text(), json()) before dropping the response.', source: 'hyperium/hyper src/proto/h1/conn.rs' },
    'client-per-request': { summary: 'Make one reqwest::Client and clone it, which shares the pool; set pool_idle_timeout (90 s by default) below the server\'s.', source: 'docs.rs reqwest, Client and ClientBuilder' },
  },
  'nginx-upstream': {
    'http10-default': {
      summary: 'In the upstream block set "keepalive", and in the location proxy_http_version 1.1 and an empty Connection header. Before 1.29.7 nginx speaks HTTP/1.0 to upstreams and keeps no connections. Keep its keepalive_timeout (60 s by default) below the backend\'s.',
      source: 'nginx.org, ngx_http_upstream_module (keepalive)',
    },
    'max-requests': { summary: 'Raise keepalive_requests in the upstream block (1000 by default; 100 before 1.19.10).', source: 'nginx.org, ngx_http_upstream_module (keepalive_requests)', snippet: 'http10-default' },
  },
  'haproxy-backend': {
    'timeout-mismatch': { summary: 'Keep pool-purge-delay below the servers\' idle timeout, and let HAProxy repeat requests that met a close with "retry-on conn-failure empty-response".', source: 'HAProxy configuration manual (http-reuse, pool-purge-delay, retry-on)' },
  },
  'envoy-upstream': {
    'timeout-mismatch': { summary: 'Set common_http_protocol_options.idle_timeout of the cluster (1 h by default) below the upstream\'s.', source: 'Envoy documentation, How do I configure timeouts?' },
  },
  'traefik-backend': {
    'pool-overflow': { summary: 'Raise serversTransport.maxIdleConnsPerHost (200 by default).', source: 'Traefik documentation, ServersTransport' },
    'timeout-mismatch': { summary: 'Set serversTransport.forwardingTimeouts.idleConnTimeout (90 s by default) below the backend\'s idle timeout.', source: 'Traefik documentation, ServersTransport', snippet: 'pool-overflow' },
  },
  'caddy-backend': {
    'pool-overflow': { summary: 'Raise keepalive_idle_conns_per_host (32 by default) in the transport.', source: 'Caddy documentation, reverse_proxy' },
    'timeout-mismatch': { summary: 'Set "keepalive" of the transport (2 minutes by default) below the backend\'s idle timeout.', source: 'Caddy documentation, reverse_proxy', snippet: 'pool-overflow' },
  },
} as const satisfies FixTexts;
