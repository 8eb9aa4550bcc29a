import type { RuleTexts } from './rule-text.ts';

/** Connections that are thrown away, opened without need, or run out. */
export const reuse = {
  'pool-overflow': {
    severity: 'warning',
    title: 'The client\'s pool of idle connections is too small',
    happened:
      'More connections came free at once than the client keeps idle, so it closed the others right after their responses. At the next burst it opens them again. Go keeps 2 idle connections for each host unless told otherwise.',
    looksLike: 'While several connections are open, the client sends FIN 0.03 to 2.5 ms after a complete response, never RST; other connections carry the same kind of request again. Some connections may close without ever having carried a request. A limit on all hosts together shows as a FIN on one connection within 3 ms of the first response on another, to whichever server.',
    lookAlikes: [
      { id: 'undrained-response', tell: 'there no connection survives that kind of request' },
      { id: 'client-per-request', tell: 'there no connection carries a second request' },
      { id: 'max-requests', tell: 'there the count of requests at the close is the same each time' },
    ],
    confidence: {
      certain: 'the closed connections\' bodies were surely read, and as many others lay idle at each close as ever did',
      likely: 'the same kind of request was reused on one connection and closed at once on others, while as many lay idle as ever did; or connections end each time the first response on another one is complete',
      possible: 'more lay idle at other times than when most of them were closed',
    },
    fix: 'Raise the number of idle connections kept for a host to the number of requests that usually run at once.',
  },
  'client-per-request': {
    severity: 'warning',
    title: 'Each request uses a new connection: the client is created again each time',
    happened:
      'Every connection carried one request and was then left or closed, although both sides were ready to keep it. The pool belongs to the client object (Transport, Session, HttpClient, curl handle): a program that makes a new one for each call never finds its old connections.',
    looksLike: 'One request a connection. Either FIN soon after each complete response (the client object is closed), or connections that pile up idle and end at the idle timeout, or all when the process ends.',
    lookAlikes: [
      { id: 'undrained-response', tell: 'certain only with RST or a body cut short; a small body that ends in FIN can be either' },
      { id: 'body-not-closed', tell: 'those connections never reach an idle timeout' },
      { id: 'client-close-option', tell: 'there the request says Connection: close' },
      { id: 'process-exit', tell: 'one command, one process, one connection: curl in a loop' },
    ],
    confidence: {
      likely: 'idle connections pile up, none is used twice, and the client itself closes them in the end; or bodies too large for a buffer were read and each was followed by the client\'s FIN',
      possible: 'small bodies, or few connections',
    },
    fix: 'Create the client once, share it in the whole program, and close it only at the end.',
  },
  'missed-reuse': {
    severity: 'warning',
    severityOnce: 'info',
    title: 'A new connection was opened although another could have served',
    happened: 'At the moment of the SYN the same client had an open, idle connection to the same server that could have carried the request. Each such connection costs a round trip, two or three with TLS, and later a TIME_WAIT.',
    looksLike: 'SYN to an address and port to which the client has a connection with all its exchanges complete, open on both sides, and not announced to close.',
    lookAlikes: [
      { id: 'response-not-drained-yet', tell: 'the idle connection\'s response had arrived but was perhaps not read' },
      { id: 'body-not-closed', tell: 'the idle connection is never used again' },
      { id: 'client-per-request', tell: 'no connection is ever used again' },
    ],
    confidence: {
      certain: 'an idle connection had been open for longer than a round trip, or one had been given up right after its answer',
      likely: 'TLS hides the messages, or the snap length cut the heads of the idle connections: they may have been announced to close',
    },
    fix: 'Share one client; send requests with the same scheme, host and port as before; read bodies to the end so that connections come free.',
  },
  'connections-accumulate': {
    severity: 'warning',
    title: 'Idle connections pile up',
    happened: 'The client opens connections, uses each once, and leaves it open. Their number grows with every request; file descriptors, memory and the server\'s connection limit set the end.',
    looksLike: 'The number of open idle connections of one client to one server rises through the capture, with hardly any second request.',
    lookAlikes: [
      { id: 'body-not-closed', tell: 'a zero window, or never a timeout, points to bodies that are kept open' },
      { id: 'client-per-request', tell: 'closes after equal idle times point to clients that are thrown away' },
      { id: 'unused-connection', tell: 'those never carried a request' },
    ],
    confidence: {
      certain: 'three or more were open at once, nine of ten carried one request, and none was used again while new ones opened',
    },
    fix: 'Share one client in the whole program, and read and close every response body.',
  },
  'close-wait': {
    severity: 'warning',
    title: 'The server closed, and the client answered late or never',
    happened: 'The server\'s FIN was acknowledged by the client\'s kernel, but the program did not close its side. The socket stays in CLOSE_WAIT for as long as the process lives.',
    looksLike: 'Server FIN, client ACK, and no FIN by the client to the end of the capture, until its next request, or until its exit.',
    lookAlikes: [
      { id: 'body-not-closed', tell: 'its usual reason: a body that is kept open holds the socket' },
      { id: 'server-idle', tell: 'clients that look at their pool only at the next request (Python requests, urllib3, httpx, Ruby) close then' },
    ],
    confidence: { certain: 'on one connection nothing followed the ACK for more than a second, or for half a second to the end of the capture; its others that were not answered at once count then too. Fewer than three at once are only for information' },
    fix: 'Close response bodies; with clients that check their pool only on use, set a client idle timeout below the server\'s.',
  },
  'unused-connection': {
    severity: 'info',
    title: 'A connection carried no request',
    happened: 'The connection was opened and closed without a byte of application data. Browsers open spare connections; pools dial while another connection comes free; health checks of balancers only connect.',
    looksLike: 'Handshake, then FIN or RST, no payload in either direction.',
    lookAlikes: [
      { id: 'connect-failed', tell: 'there the handshake was not completed' },
      { id: 'capture-incomplete', tell: 'the payload may be missing from the capture' },
    ],
    confidence: { certain: 'handshake and close are both in the capture, without a gap' },
    fix: 'Nothing, unless they are many: then look at pool sizes and health checks.',
  },
  'port-exhaustion': {
    severity: 'error',
    title: 'The client runs out of ports to this server',
    happened:
      'Each connection to one server address and port takes one of the client\'s ephemeral ports, and keeps it for 60 s in TIME_WAIT when the client closes first. At this rate they run out (Linux has 28,232 by default), and then connecting fails with "cannot assign requested address" without a packet on the wire. When is told by the rate of new connections at the end of the capture, with the ports that TIME_WAIT gives back meanwhile; a rate within a tenth of what the ports last for is a warning.',
    looksLike: 'The number of live connections plus those in TIME_WAIT comes near the port range; the source ports go through the even ones and then the odd ones; then SYNs stop or come only as fast as ports are freed.',
    lookAlikes: [
      { id: 'connect-failed', tell: 'there SYNs are sent and go unanswered or are refused' },
      { id: 'client-per-request', tell: 'the usual reason for the many connections' },
    ],
    confidence: { possible: 'always: a connection that finds no port sends nothing that could be seen' },
    fix: 'Reuse connections: that takes the cause away. To gain time: widen the port range, allow tcp_tw_reuse, or spread over more server addresses.',
  },
} as const satisfies RuleTexts;
