import { expect, it } from 'vitest';
import { conditionText } from '../../../shared/query/edit-query.ts';
import { checkQuery } from '../../../shared/query/parse-query.ts';

it.each(['requests:1', 'requests:>=4', `${conditionText('finding', 'missed-reuse')} ${conditionText('endpoint', '10.0.0.1 -> [2001:db8::1]:8080')}`])(
  'the rows behind a number are asked for in valid words: %s',
  (query) => expect(checkQuery(query, 'connections')).toBeNull(),
);
