import { expect, test } from 'vitest';
import { connectionsOfError } from '../../../shared/query/error-words.ts';
import { checkQuery } from '../../../shared/query/parse-query.ts';

/** As Node, Go, Python, Java, curl and Ruby print them. */
const MESSAGES: [string, RegExp][] = [
  ['Error: read ECONNRESET', /RST/],
  ['read tcp 10.0.0.1:40002->10.0.0.2:80: read: connection reset by peer', /RST/],
  ["ConnectionResetError: [Errno 104] Connection reset by peer", /RST/],
  ['java.net.SocketException: Connection reset', /RST/],
  ['write EPIPE', /after the close/],
  ['write: broken pipe', /after the close/],
  ['Error: socket hang up', /before an answer/],
  ['Get "http://a/": EOF', /before an answer/],
  ['http: server closed idle connection', /before an answer/],
  ["('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", /before an answer/],
  ['org.apache.http.NoHttpResponseException: a:80 failed to respond', /before an answer/],
  ['upstream prematurely closed connection while reading response header from upstream', /before an answer/],
  ['connect ECONNREFUSED 127.0.0.1:80', /did not come about/],
  ['x509: certificate signed by unknown authority', /TLS failed/],
  ['net/http: TLS handshake timeout', /TLS failed/],
  ['remote error: tls: bad certificate', /TLS failed/],
  ['[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate', /TLS failed/],
  ['javax.net.ssl.SSLHandshakeException: PKIX path building failed', /TLS failed/],
  ['Error: DEPTH_ZERO_SELF_SIGNED_CERT', /TLS failed/],
  ['curl: (35) OpenSSL/3.0.19: error:0A00042E:SSL routines::tlsv1 alert protocol version', /TLS failed/],
  ['write EPROTO 00:error:0A00010B:SSL routines:ssl3_get_record:wrong version number', /TLS failed/],
  ['curl: (28) Operation timed out after 5000 milliseconds', /timeout/],
  ['context deadline exceeded (Client.Timeout exceeded while awaiting headers)', /timeout/],
  ['dial tcp: connect: cannot assign requested address', /ports/],
];

test.each(MESSAGES)('%s', (message, label) => {
  const meant = connectionsOfError(message);
  expect(meant?.label).toMatch(label);
  expect(checkQuery(meant!.query, 'connections')).toBeNull();
});

test('what names no error leads nowhere', () => {
  expect(['', 'example.com', '10.0.0.2:8080', 'cause:server-idle', 'geofence', 'preset', 'certificates.example'].map(connectionsOfError)).toEqual([null, null, null, null, null, null, null]);
});
