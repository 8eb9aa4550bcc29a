import http from 'node:http';

const server = http.createServer((req, res) => res.end('ok'));
server.keepAliveTimeout = 65_000; // default 5 s; above the clients' and the balancer's
server.headersTimeout = 66_000; // above keepAliveTimeout
server.listen(8080);
