import { ruleName } from '../../../shared/format/rule-names.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import type { TableName } from '../../../shared/model/view.ts';
import type { Condition } from '../../../shared/query/condition.ts';
import { FIELDS } from '../../../shared/query/fields.ts';
import { parseQuery } from '../../../shared/query/parse-query.ts';

/** What a chip says: "cause is" and "Body not read". Without a label the condition stands as it is written. */
export interface ChipText {
  readonly label: string;
  readonly value: string;
}

/** One of the conditions of a query (`queryParts`) in words, where it is a field and its values. */
export function describePart(text: string, table: TableName): ChipText {
  const written = { label: '', value: safeText(text) };
  let condition: Condition;
  try {
    condition = parseQuery(text, table);
  } catch {
    return written;
  }
  const not = condition.kind === 'not';
  if (condition.kind === 'not') condition = condition.part;
  const parts = condition.kind === 'or' ? condition.parts : [condition];
  const [first] = parts;
  if (first === undefined || (first.kind !== 'text' && first.kind !== 'absent')) return written;
  if (parts.some((one) => (one.kind !== 'text' && one.kind !== 'absent') || one.field !== first.field)) return written;
  const { label } = FIELDS[table].find(({ id }) => id === first.field)!;
  const values = parts.map((one) => (one.kind === 'text' ? valueWords(first.field, one.pattern.text) : 'none'));
  return { label: `${label} ${not ? 'is not' : 'is'}`, value: safeText(values.join(' or ')) };
}

function valueWords(field: string, value: string): string {
  return field === 'cause' || field === 'finding' ? ruleName(value) : value;
}
