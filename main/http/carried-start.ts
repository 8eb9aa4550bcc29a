import { findHeadEnd, type Carry } from './carry.ts';
import { Kind, Mode } from './half-table.ts';
import { LF } from './octets.ts';
import { findMessageStart, Match, matchMethod, matchRequestLine, matchStatusLine, recognise, Start } from './start-line.ts';

/**
 * Whether reading carried bytes again leads further than when they were put away, for a half-stream of `kind` in mode
 * `resume`. A start line is looked at again when a line end came; else, so that a long one that dribbles in does not cost
 * its square, when the bytes have doubled.
 */
export function isReady(carry: Carry, resume: Mode, kind: number): boolean {
  const { bytes, length } = carry;
  const headIsWhole = kind !== Kind.unknown && (resume === Mode.idle || resume === Mode.seek) && findHeadEnd(carry);
  if (headIsWhole) return true;
  if (length > 64 && length < carry.nextLook && !hasLineFeed(bytes, carry.before, length)) return false;
  carry.nextLook = length * 2;
  switch (resume) {
    case Mode.idle:
      return (kind === Kind.request ? matchRequestLine(bytes, 0, length) : matchStatusLine(bytes, 0, length)) === Match.no;
    case Mode.seek:
      return findMessageStart(bytes, 0, length, kind !== Kind.response, kind !== Kind.request) !== 0 || hasLineFeed(bytes, 0, length);
    case Mode.start:
    case Mode.tunnel:
      return recognise(bytes, 0, length) !== Start.partial;
    default: {
      // The first bytes of a doubtful body.
      const isRequest = kind === Kind.request;
      const match = isRequest ? matchRequestLine(bytes, 0, length) : matchStatusLine(bytes, 0, length);
      return match !== Match.partial || (isRequest && matchMethod(bytes, 0, length) === Match.no);
    }
  }
}

function hasLineFeed(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === LF) return true;
  return false;
}
