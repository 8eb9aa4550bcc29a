import type { FixTexts } from './fix-text.ts';

/** Programs and services that answer requests, and the system under them. */
export const serverFixes = {
  'go-net-http-server': {
    'server-idle': { summary: 'Set Server.IdleTimeout above the idle timeout of the clients and of the balancer. Where it is 0, ReadTimeout is the idle timeout.', source: 'golang/go src/net/http/server.go (Server.IdleTimeout)' },
    'server-close-option': { summary: 'Take out SetKeepAlivesEnabled(false) and handlers that set "Connection: close". The server also announces a close when a handler leaves more than 256 KiB of the request unread.', source: 'golang/go src/net/http/server.go' },
    'undrained-request': { summary: 'Read the request body, up to a limit, before refusing it: Go reads 256 KiB by itself, then closes and sends RST half a second later.', source: 'golang/go src/net/http/server.go (maxPostHandlerReadBytes, rstAvoidanceDelay)' },
    'close-delimited': { summary: 'Set Content-Length: HTTP/1.0 clients get no chunks.', source: 'golang/go src/net/http/server.go' },
    'max-requests': { summary: 'net/http counts no requests: look for a handler, or a proxy in between, that sets "Connection: close" after so many.', source: 'golang/go src/net/http/server.go', snippet: 'server-close-option' },
  },
  'nginx-server': {
    'server-idle': { summary: 'Raise keepalive_timeout (75 s by default) above the idle timeout of the clients.', source: 'nginx.org, ngx_http_core_module (keepalive_timeout)' },
    'undrained-request': { summary: 'Raise client_max_body_size (1 MB by default) if the body is legitimate, and leave lingering_close on.', source: 'nginx.org, ngx_http_core_module (client_max_body_size, lingering_close)' },
    'server-close-option': { summary: 'Set keepalive_timeout above 0 and raise keepalive_requests.', source: 'nginx.org, ngx_http_core_module (keepalive_timeout)', snippet: 'server-idle' },
    'max-requests': { summary: 'Raise keepalive_requests (1000 by default; 100 before 1.19.10).', source: 'nginx.org, ngx_http_core_module (keepalive_requests)', snippet: 'server-idle' },
  },
  'apache-httpd': {
    'server-idle': { summary: 'Raise KeepAliveTimeout (5 s by default, shorter than what most clients keep) above the idle timeout of the clients.', source: 'Apache HTTP Server documentation, core (KeepAliveTimeout)' },
    'server-close-option': { summary: 'Switch KeepAlive On, and look for the variable nokeepalive, which BrowserMatch and SetEnvIf may set.', source: 'Apache HTTP Server documentation, core (KeepAlive), Environment Variables (nokeepalive)', snippet: 'server-idle' },
    'max-requests': { summary: 'Raise MaxKeepAliveRequests (100 by default; 0 is no limit).', source: 'Apache HTTP Server documentation, core (MaxKeepAliveRequests)', snippet: 'server-idle' },
  },
  'node-http-server': {
    'server-idle': { summary: 'Set server.keepAliveTimeout (5 s in most releases) above the idle timeout of the clients and the balancer, and server.headersTimeout above that.', source: 'nodejs/node doc/api/http.md (server.keepAliveTimeout)' },
    'max-requests': { summary: 'Raise or take out server.maxRequestsPerSocket (0 is no limit).', source: 'nodejs/node doc/api/http.md (server.maxRequestsPerSocket)' },
    'server-close-option': { summary: 'Take out handlers that set "Connection: close" or response.shouldKeepAlive = false, and raise server.maxRequestsPerSocket where it is set.', source: 'nodejs/node doc/api/http.md (server.maxRequestsPerSocket), lib/_http_outgoing.js' },
  },
  tomcat: {
    'server-idle': { summary: 'Raise keepAliveTimeout above the idle timeout of the clients; by default it is connectionTimeout, 20 or 60 s.', source: 'Apache Tomcat documentation, The HTTP Connector (keepAliveTimeout)' },
    'max-requests': { summary: 'Raise maxKeepAliveRequests (100 by default; -1 is no limit).', source: 'Apache Tomcat documentation, The HTTP Connector (maxKeepAliveRequests)', snippet: 'server-idle' },
    'server-close-option': { summary: 'Set maxKeepAliveRequests above 1, which switches keep-alive off. Tomcat also closes after 400, 408, 411, 413, 414, 500, 501 and 503.', source: 'Apache Tomcat documentation, The HTTP Connector (maxKeepAliveRequests); apache/tomcat Http11Processor (statusDropsConnection)', snippet: 'server-idle' },
    'undrained-request': { summary: 'Raise maxSwallowSize (2 MB by default): what Tomcat reads of a refused body before it closes.', source: 'Apache Tomcat documentation, The HTTP Connector (maxSwallowSize)' },
  },
  jetty: { 'server-idle': { summary: 'Raise the connector\'s idleTimeout (30 s by default).', source: 'Eclipse Jetty, ServerConnector' } },
  undertow: { 'server-idle': { summary: 'Raise NO_REQUEST_TIMEOUT (60 s by default).', source: 'undertow-io/undertow UndertowOptions.java' } },
  gunicorn: {
    'server-idle': { summary: 'Raise --keep-alive (2 s by default) above the idle timeout of the clients and the balancer.', source: 'Gunicorn documentation, Settings (keepalive)', snippet: 'server-close-option' },
    'server-close-option': { summary: 'The sync worker closes after every response: use gthread or an asynchronous worker, with --keep-alive (2 s by default) above the balancer\'s idle timeout. Those close when --max-requests is reached.', source: 'Gunicorn documentation, Settings (keepalive, worker_class)' },
  },
  uvicorn: {
    'server-idle': { summary: 'Raise --timeout-keep-alive (5 s by default) above the idle timeout of the clients and the balancer.', source: 'Uvicorn documentation, Settings' },
    'max-requests': { summary: 'Raise --limit-max-requests, after which the whole worker ends; a single connection has no limit.', source: 'Uvicorn documentation, Settings (limit-max-requests)' },
    'server-close-option': { summary: 'Look for an application, or a proxy in between, that sets "Connection: close": uvicorn does not by itself.', source: 'encode/uvicorn uvicorn/protocols/http' },
  },
  'aiohttp-server': { 'server-idle': { summary: 'Raise keepalive_timeout of run_app (75 s by default).', source: 'aio-libs/aiohttp aiohttp/web.py' } },
  puma: { 'server-idle': { summary: 'Raise persistent_timeout (65 s by default; 20 s before Puma 7).', source: 'puma/puma lib/puma/configuration.rb' } },
  kestrel: {
    'server-idle': { summary: 'Raise Limits.KeepAliveTimeout (130 s by default).', source: 'Microsoft Learn, KestrelServerLimits' },
    'max-requests': { summary: 'Kestrel counts no requests: look for a proxy in between, or code that sets "Connection: close" after so many.', source: 'Microsoft Learn, KestrelServerLimits' },
    'server-close-option': { summary: 'Look for middleware, or a proxy in between, that sets "Connection: close"; Kestrel does so while it shuts down.', source: 'Microsoft Learn, KestrelServerLimits' },
  },
  iis: { 'server-idle': { summary: 'Raise connectionTimeout of the site (120 s by default).', source: 'Microsoft Learn, IIS limits element' } },
  'jdk-httpserver': { 'server-idle': { summary: 'Raise sun.net.httpserver.idleInterval (30 s by default) and maxIdleConnections (200).', source: 'openjdk/jdk sun/net/httpserver/ServerConfig.java' } },
  lighttpd: {
    'server-idle': { summary: 'Raise server.max-keep-alive-idle (5 s by default) above the idle timeout of the clients.', source: 'lighttpd documentation, Configuration options (server.max-keep-alive-idle)' },
    'max-requests': { summary: 'Raise server.max-keep-alive-requests (1000 by default; 100 before 1.4.65).', source: 'lighttpd documentation, Configuration options (server.max-keep-alive-requests)' },
  },
  waitress: { 'server-idle': { summary: 'Raise channel_timeout (120 s by default) above the idle timeout of the clients and the balancer.', source: 'Waitress documentation, Arguments to waitress.serve (channel_timeout)' } },
  cheroot: { 'server-idle': { summary: 'Raise the server\'s timeout (10 s by default), and keep_alive_conn_limit (10) to the number of clients: what is over it is closed.', source: 'cherrypy/cheroot cheroot/server.py' } },
  varnish: { 'server-idle': { summary: 'Raise timeout_idle (5 s by default) above the idle timeout of the clients.', source: 'Varnish documentation, varnishd parameters (timeout_idle)' } },
  squid: { 'server-idle': { summary: 'Raise client_idle_pconn_timeout (2 minutes by default) above the idle timeout of the clients.', source: 'Squid configuration reference (client_idle_pconn_timeout)' } },
  'hyper-server': { 'server-idle': { summary: 'Install a timer and raise header_read_timeout (30 s by default), which also covers the wait for the next request.', source: 'hyperium/hyper src/server/conn/http1.rs' } },
  'haproxy-frontend': {
    'server-idle': { summary: 'Set "timeout http-keep-alive"; without it the idle timeout is that of http-request, or of the client.', source: 'HAProxy configuration manual (timeout http-keep-alive)' },
    'max-requests': { summary: 'HAProxy counts no requests of a client: look for a rule that sets "Connection: close", or at the server behind.', source: 'HAProxy configuration manual (option http-keep-alive)' },
    'server-close-option': { summary: 'Take out "option httpclose"; "option http-keep-alive" is the default.', source: 'HAProxy configuration manual (option httpclose, option http-keep-alive)' },
  },
  'envoy-downstream': {
    'server-idle': { summary: 'Set common_http_protocol_options.idle_timeout of the connection manager above that of the clients.', source: 'Envoy documentation, How do I configure timeouts?' },
    'max-requests': { summary: 'Raise common_http_protocol_options.max_requests_per_connection of the connection manager.', source: 'Envoy documentation, HttpProtocolOptions (max_requests_per_connection)' },
    'server-close-option': { summary: 'Envoy announces a close while it drains, after max_connection_duration and after max_requests_per_connection: raise those.', source: 'Envoy documentation, HttpProtocolOptions', snippet: 'server-idle' },
  },
  'caddy-server': { 'server-idle': { summary: 'Raise the servers\' idle timeout (5 minutes by default).', source: 'Caddy documentation, global options (timeouts)' } },
  'traefik-entrypoint': { 'server-idle': { summary: 'Raise respondingTimeouts.idleTimeout of the entry point (180 s by default).', source: 'Traefik documentation, EntryPoints' } },
  'aws-alb': { 'server-idle': { summary: 'Raise the balancer\'s idle timeout (60 s by default), and let the targets keep connections for longer than it.', source: 'Elastic Load Balancing documentation, Application Load Balancer attributes' } },
  linux: {
    'port-exhaustion': { summary: 'Widen net.ipv4.ip_local_port_range and set net.ipv4.tcp_tw_reuse=1.', source: 'Linux Documentation/networking/ip-sysctl.rst' },
  },
} as const satisfies FixTexts;
