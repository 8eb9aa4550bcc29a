import type { MessageHead } from '../http/exchange-sink.ts';
import type { StringTable } from './string-table.ts';

const COLON = 58;
const LF = 10;
const COMMA = 44;
const MAX_LENGTH = 512;
const names = new Uint8Array(MAX_LENGTH);

/** The string id of a head's field names in their order and spelling, joined by commas ("Host,User-Agent,Accept"): what tells client stacks apart. */
export function headerOrder(strings: StringTable, head: MessageHead): number {
  const { bytes, end } = head;
  let used = 0;
  let at = head.start;
  while (at < end && bytes[at] !== LF) at++;
  for (at++; at < end; at++) {
    const lineStart = at;
    let colon = -1;
    for (; at < end && bytes[at] !== LF; at++) if (colon < 0 && bytes[at] === COLON) colon = at;
    if (colon < 0) continue;
    if (used + colon - lineStart + 1 > MAX_LENGTH) break;
    if (used > 0) names[used++] = COMMA;
    for (let i = lineStart; i < colon; i++) names[used++] = bytes[i]!;
  }
  return strings.intern(names, 0, used);
}
