import { HeadAnomaly } from './anomalies.ts';
import { Framing, MessageFlag } from './exchange-sink.ts';
import { Coding } from './field-values.ts';
import type { ParsedHead } from './message-parser.ts';
import { Method } from './start-line-parser.ts';

/**
 * Decides where the body of the message ends, by the rules of RFC 9112 section 6.3 in their order, and sets `framing`,
 * `contentLength` and the anomalies of framing in `head`.
 *
 * @param requestMethod of the request that a response answers; `other` where it is not known
 */
export function frameBody(head: ParsedHead, requestMethod: Method): void {
  head.framing = head.isRequest ? frameRequest(head) : frameResponse(head, requestMethod);
  head.contentLength = head.framing === Framing.contentLength ? head.declaredLength : -1;
}

function frameResponse(head: ParsedHead, requestMethod: Method): Framing {
  const { status } = head;
  const tunnel = requestMethod === Method.connect && status >= 200 && status < 300;
  // Content-Length and Transfer-Encoding must not be sent with these (RFC 9110 section 8.6, RFC 9112 section 6.1).
  if (status < 200 || status === 204 || tunnel) {
    if (head.declaredLength !== -1) head.anomalies |= HeadAnomaly.contentLengthOnNoContent;
    if (head.codings !== 0) head.anomalies |= HeadAnomaly.teOnNoContent;
  }
  // Rules 1 and 2.
  if (status === 101) return Framing.upgrade;
  if (requestMethod === Method.head || status < 200 || status === 204 || status === 304) return Framing.none;
  if (tunnel) return Framing.tunnel;
  return frameByFields(head, Framing.untilClose, Framing.untilClose);
}

function frameRequest(head: ParsedHead): Framing {
  const framing = frameByFields(head, Framing.unknown, Framing.none);
  const hasBody = framing === Framing.contentLength ? head.declaredLength > 0 : framing === Framing.chunked;
  if (hasBody && (head.method === Method.get || head.method === Method.head)) head.anomalies |= HeadAnomaly.bodyOnGet;
  return framing;
}

/**
 * Rules 3 to 8.
 *
 * @param notChunked framing where Transfer-Encoding does not end in chunked
 * @param neither framing where neither field is there
 */
function frameByFields(head: ParsedHead, notChunked: Framing, neither: Framing): Framing {
  if ((head.codings & Coding.present) !== 0) {
    if (head.declaredLength !== -1) head.anomalies |= HeadAnomaly.teAndCl;
    if ((head.flags & MessageFlag.http10) !== 0) head.anomalies |= HeadAnomaly.teHttp10;
    if ((head.codings & Coding.chunkedLast) !== 0) return Framing.chunked;
    head.anomalies |= HeadAnomaly.teNotChunked;
    return notChunked;
  }
  if (head.declaredLength >= 0) return Framing.contentLength;
  // An invalid length is unrecoverable: where the body ends is not known.
  if (head.declaredLength !== -1 || (head.flags & MessageFlag.headCut) !== 0) return Framing.unknown;
  return neither;
}
