import { formatMoment } from '../../../shared/drawing/moments.ts';
import { formatBytes, formatCount, formatDuration } from '../../../shared/format/quantity.ts';
import { ruleName } from '../../../shared/format/rule-names.ts';
import { safeBytes, safeText } from '../../../shared/format/safe-text.ts';
import type { Cell } from '../../../shared/model/view.ts';
import type { Field } from '../../../shared/query/fields.ts';

/** A cell in words; `startedAt`: time of day of second 0, as milliseconds since 1970, or null to count from 0. */
export function cellText(field: Field, cell: Cell, startedAt: number | null): string {
  if (cell === null) return field.kind === 'seconds' && field.id.startsWith('idle') ? 'none' : '';
  if (typeof cell === 'object') return safeText(cell.map((one) => ruleName(String(one))).join(', '));
  if (typeof cell === 'string') return field.id === 'cause' ? safeText(ruleName(cell)) : field.id === 'closed_with' ? cell.toUpperCase() : safeBytes(cell);
  switch (field.kind) {
    case 'seconds':
      return formatDuration(cell);
    case 'bytes':
      return formatBytes(cell);
    case 'time':
      return startedAt === null ? formatMoment(cell) : timeOfDay(startedAt + cell * 1000);
    default:
      // Numbers of things are looked up, not read: no separators.
      return IDS.has(field.id) ? String(cell) : formatCount(cell);
  }
}

const IDS = new Set(['id', 'connection', 'index', 'frame', 'status']);

/** "02:14:20.288", in UTC as the capture has it. */
function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}
