import { formatMoment } from '../../../shared/drawing/moments.ts';
import { plural } from '../../../shared/format/quantity.ts';
import type { Lane } from '../../../shared/model/view.ts';

/** Others that are named; further ones are counted. */
const MOST_NAMED = 8;

/** A lane in words: what the drawing shows of it. */
export function laneWords({ connection, clientPort, requests, spans, probes, end, passedOver }: Lane, name = true): string {
  const parts = name ? [`Connection ${connection}, port ${clientPort}`, plural(requests, 'request')] : [plural(requests, 'request')];
  let longest: { from: number; to: number } | null = null;
  for (let i = 0; i + 2 < spans.length; i += 3) {
    const [from, to] = [spans[i + 1]!, spans[i + 2]!];
    if (spans[i] === 2 && (longest === null || to - from > longest.to - longest.from)) longest = { from, to };
  }
  // Shorter than its moments are told: a connection that went on at once.
  if (longest !== null && formatMoment(longest.from) !== formatMoment(longest.to)) parts.push(`idle from ${formatMoment(longest.from)} to ${formatMoment(longest.to)}`);
  const stalled = spans.reduce((sum, kind, i) => (i % 3 === 0 && kind === 4 ? sum + spans[i + 2]! - spans[i + 1]! : sum), 0);
  if (stalled > 0) parts.push(`window zero for ${formatMoment(stalled)}`);
  if (spans.some((kind, i) => i % 3 === 0 && kind === 5)) parts.push('bytes that are not read as HTTP/1');
  if (probes.length > 0) parts.push(plural(probes.length, 'probe'));
  if (passedOver.length > 0) {
    const named = passedOver.slice(0, MOST_NAMED).join(', ');
    parts.push(`passed over by ${named}${passedOver.length > MOST_NAMED ? ` and ${passedOver.length - MOST_NAMED} more` : ''}`);
  }
  if (end.kind === 'fin' || end.kind === 'rst') parts.push(`${end.kind.toUpperCase()} of the ${end.by ?? 'other side'} at ${formatMoment(end.time)}`);
  else parts.push(end.kind === 'open' ? 'open at the end of the capture' : 'its end was not seen');
  return parts.join(', ');
}
