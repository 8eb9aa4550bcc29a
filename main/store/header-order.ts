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
  for (let at = head.fieldsStart; at < end; at++) {
    const lineStart = at;
    while (at < end && bytes[at] !== COLON && bytes[at] !== LF) at++;
    if (at >= end || bytes[at] === LF) continue;
    if (used + at - lineStart + 1 > MAX_LENGTH) break;
    if (used > 0) names[used++] = COMMA;
    for (let i = lineStart; i < at; i++) names[used++] = bytes[i]!;
    while (at < end && bytes[at] !== LF) at++;
  }
  return strings.intern(names, 0, used);
}
