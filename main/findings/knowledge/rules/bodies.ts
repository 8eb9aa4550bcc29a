import type { RuleTexts } from './rule-text.ts';

/** Bodies that are not read, not read in time, or not read by the one who should. */
export const bodies = {
  'undrained-response': {
    severity: 'warning',
    title: 'The client closed the connection with the response body unread',
    happened:
      'The program was done with the response before it had read the whole body, so its HTTP library could not use the connection again and closed it. The next request opens a new one: a round trip more, two to three with TLS, and a port in TIME_WAIT for a minute.',
    looksLike:
      'Small body: complete and acknowledged, then the client\'s FIN within a millisecond or so; neither side announced close, and a new SYN follows. Larger body: RST,ACK with the receive window shrunk before it, or FIN followed by a RST for every segment that still arrives. Java 13 and later sends FIN,ACK and RST,ACK in the same millisecond. Which of these appears depends on what had arrived: the code is the same.',
    lookAlikes: [
      { id: 'pool-overflow', tell: 'other connections of the client survive the same kind of request; they close only while many are open at once' },
      { id: 'client-per-request', tell: 'the body was too large to fit in the library\'s buffer and still ended in a FIN, so it was read' },
      { id: 'client-abort', tell: 'the program cancelled; the wire is the same when the body was incomplete and closed at once' },
      { id: 'process-exit', tell: 'happens once, or to all connections at one moment' },
    ],
    confidence: {
      certain: 'the close comes before the end of the body and directly after its head or with the window shrunk by 8 KB or to zero; or a RST with unread data follows a complete body',
      likely: 'a RST after a complete response that fits no other reason; or every exchange of a kind ends in a FIN at once and the stack is known to close so (Go)',
      possible: 'the same with another stack, or a single case',
    },
    fix: 'Read every response body to its end, or up to a limit, and then close it. Do it for error answers too.',
  },
  'body-not-closed': {
    severity: 'warning',
    title: 'Responses were received but neither read to the end nor closed',
    happened:
      'The response came completely, and then the connection was neither used again nor closed, while the same client opened new ones for its next requests. The program has kept the body open, so the library must keep the connection for it. Sockets and memory grow until the process ends or the server closes.',
    looksLike: 'Response complete and acknowledged, then silence (or TCP keep-alive probes) while other connections to the same server open. Large bodies stop at a zero window instead. It ends with the process, or with the server\'s FIN, which is acknowledged and never answered.',
    lookAlikes: [
      { id: 'client-per-request', tell: 'a new client for each request leaves drained connections behind: they close by themselves at the idle timeout, all after the same time' },
      { id: 'connections-accumulate', tell: 'the wider finding: connections pile up and the reason is not visible yet' },
      { id: 'missed-reuse', tell: 'some of the idle connections are used again' },
    ],
    confidence: {
      likely: 'connections that carried one request each pile up, and the client closes most of them by no timer and no FIN of its own',
      possible: 'a few lay idle while others were opened, and were never used again',
    },
    fix: 'Close every response body, also when only the status is of interest and when an error is returned; read it to the end first.',
  },
  'response-not-drained-yet': {
    severity: 'warning',
    title: 'A second connection was opened before the first response was read',
    happened:
      'The response on the first connection had fully arrived, but the program had not read it when it sent its next request. The library had to take the connection as busy and opened another. It is often a nested call: a request made while going through the response of another one.',
    looksLike: 'A SYN to the same server while a complete response sits on an open connection that has not been reused; later both connections are reused.',
    lookAlikes: [
      { id: 'body-not-closed', tell: 'there the first connection is never used again' },
      { id: 'missed-reuse', tell: 'there the first connection is free, which shows when its response was read long before' },
    ],
    confidence: {
      likely: 'the idle connection and the new one are both used again',
      possible: 'connections were opened one by one beside several that lay idle, and all are used again: workers with a pool each look the same',
    },
    fix: 'Read the first response to its end and close it before the next request is sent, or read it into memory if it is small.',
  },
  'reader-stalled': {
    severity: 'error',
    title: 'The client stopped reading in the middle of a response',
    happened: 'The receive window of the client fell to zero and stayed there: its program does not read the body. The server can send nothing more, and holds the connection, the response and often a thread or worker.',
    looksLike: 'Zero window from the client in mid-response, then window probes that are acknowledged with a window of zero, until the capture, the process or a timeout ends it.',
    lookAlikes: [
      { id: 'reader-slow', tell: 'the window opens again and again, after times that are alike' },
      { id: 'keep-alive-probes', tell: 'on Linux a window probe is the same packet: here the last window was zero' },
      { id: 'response-stalled', tell: 'there the window is open and the server is silent' },
    ],
    confidence: {
      certain: 'the window is zero for a second or more and stays so to the end of the connection or the capture',
      likely: 'it was zero for a second or more (four round trips where those are longer), out of the rhythm in which the client reads, and opened again; or the client closed',
    },
    fix: 'Read the body or close it. If the program processes while it reads, take the body off the connection first or limit how much is asked for.',
  },
  'reader-slow': {
    severity: 'warning',
    severityOnce: 'info',
    title: 'The client reads more slowly than the server sends',
    happened: 'The client\'s receive window was full and opened again, several times: the program takes longer to process the body than the network to bring it. The server is held up for as long.',
    looksLike: 'Zero window from the client, a window update, a burst of data, zero window again; or a window that has fallen and is filled each time it opens.',
    lookAlikes: [
      { id: 'reader-stalled', tell: 'there it stands at zero once for long, or never opens again' },
      { id: 'slow-response', tell: 'there the wait comes before the first byte' },
    ],
    confidence: { likely: 'the window was at zero twice or more, or for a third of the response\'s time it had fallen and was full' },
    fix: 'Read the body into memory or a file first and process it afterwards, or ask for it in parts.',
  },
  'undrained-request': {
    severity: 'warning',
    errorWhen: 'the client never got the response, because the RST destroyed it',
    title: 'The server answered early and closed with the request body unread',
    happened:
      'The server sent its answer, usually an error, while the client was still sending the body, and then closed. Bytes that arrive at the closed socket are answered by RST, and a RST may destroy the response in the client\'s receive buffer: the client then reports "connection reset" or "broken pipe" in place of the real error.',
    looksLike: 'A status of 400 or more before the end of the request; then RST,ACK by the server within a millisecond, or its FIN and a bare RST for each segment that still comes. A Go server sends FIN and RST,ACK 500 ms later. Servers with a lingering close go on acknowledging and send no RST.',
    lookAlikes: [
      { id: 'early-response', tell: 'the connection lives on, or the server goes on reading' },
      { id: 'server-error', tell: 'the request was complete when the server closed' },
      { id: 'expect-rejected', tell: 'the client was waiting for 100 Continue and had sent nothing' },
    ],
    confidence: { certain: 'final status before the end of the request, then a close by the server', likely: 'the request\'s end is not in the capture' },
    fix: 'On the server: read the rest of the body, up to a limit, or linger before closing. On the client: send "Expect: 100-continue" with large bodies, authenticate first, respect the size limit.',
    background: 'RFC 9112 section 9.6 asks a server that closes early to close only its sending side first and to read until the client has closed or some time has gone by.',
  },
  'abortive-close': {
    severity: 'info',
    title: 'The client closed with RST, not with FIN',
    happened: 'The client ended the connection with RST. Either it set SO_LINGER to 0 on purpose, to be spared TIME_WAIT (HAProxy does so towards its servers), or bytes of the response were unread in its kernel.',
    looksLike: 'RST,ACK of the client at the next expected sequence number, with no FIN before it.',
    lookAlikes: [
      { id: 'undrained-response', tell: 'the window had shrunk by 8 KB or more before the RST: there was unread data' },
      { id: 'middlebox', tell: 'the RST has another TTL, or no ACK' },
    ],
    confidence: { certain: 'the RST is the first closing packet, and answers no silence' },
    fix: 'Nothing, if it is on purpose. Otherwise remove SO_LINGER 0 and read bodies to their end.',
  },
} as const satisfies RuleTexts;
