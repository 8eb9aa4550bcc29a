/** An error as programs print it, and the connections on which it can have come about. */
interface ErrorWords {
  readonly pattern: RegExp;
  /** "Connections that a RST ended" */
  readonly label: string;
  readonly query: string;
}

/*
 * What a log says is what people come with: Node's codes, Go's and Python's sentences, Java's exceptions. An error that
 * has several reasons leads to all of them; which one it was, the connection says.
 */
const ERRORS: readonly ErrorWords[] = [
  {
    pattern: /econnreset|connection.?reset|reset by peer/,
    label: 'Connections that a RST ended, or that met one',
    query: 'closed_with:rst OR cause:stale-reuse OR cause:undrained-request OR cause:middlebox OR finding:abortive-close',
  },
  { pattern: /epipe|broken.?pipe/, label: 'Connections on which the client sent after the close', query: 'cause:stale-reuse OR cause:undrained-request OR cause:middlebox OR finding:request-lost' },
  {
    pattern: /socket hang up|hang.?up|\beof\b|eoferror|eofexception|closed idle connection|remote.?disconnected|remote end closed|without (a )?response|nohttpresponse|premature|prematurely|und_err_socket|other side closed|incomplete.?read|chunked.?encoding.?error/,
    label: 'Connections that ended before an answer was whole',
    query: 'cause:stale-reuse OR cause:server-error OR cause:server-truncated OR finding:request-lost',
  },
  {
    // Before the timeouts: "net/http: TLS handshake timeout".
    pattern: /\bx509:|certificate.?(verify|has|is|unknown|required|signed|expired|name)|(bad|local issuer|self.signed) certificate|cert_(has|not|signature)|self_signed|sslhandshake|sslpeerunverified|ssl_error|sslerror|err_ssl|err_tls|\btls: |(tls|ssl)(v[0-9.]+)? (alert|handshake)|wrong.version.number|\beproto\b/,
    label: 'Connections on which TLS failed, or one side did not speak it',
    query: 'cause:connect-failed OR cause:protocol-error OR (protocol:tls AND (cause:client-timeout OR cause:client-abort))',
  },
  { pattern: /econnrefused|connection.?refused|no route to host|ehostunreach/, label: 'Connections that did not come about', query: 'cause:connect-failed' },
  {
    pattern: /etimedout|esockettimedout|timed.?out|time.?out|deadline exceeded/,
    label: 'Connections that ended by a timeout, or to which no answer came',
    query: 'cause:client-timeout OR cause:server-timeout OR cause:keepalive-dead-peer OR cause:middlebox OR cause:connect-failed OR finding:no-response',
  },
  { pattern: /eaddrnotavail|cannot assign requested address|address not available/, label: 'Connections of clients that ran out of ports', query: 'finding:port-exhaustion' },
];

/** The connections that an error message may be about; null where it names no error that is known. */
export function connectionsOfError(text: string): { label: string; query: string } | null {
  const lower = text.toLowerCase();
  const found = ERRORS.find(({ pattern }) => pattern.test(lower));
  return found === undefined ? null : { label: found.label, query: found.query };
}
