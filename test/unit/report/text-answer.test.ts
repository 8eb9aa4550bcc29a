import { describe, expect, it } from 'vitest';
import { answer } from '../../../main/report/text-answer.ts';
import { connection, diagnosed } from '../findings/captures.ts';

describe('the answer', () => {
  it('is not surer of a cause than its findings', async () => {
    const closed = (client: 'go' | 'other') => diagnosed(...[0, 1, 2].map((n) => connection(n, n).get(900, client).close('client')));
    const unknown = await closed('other');
    expect(unknown.closes[0]).toMatch(/^undrained-response possible/);
    expect(answer(unknown.report)).toContain('Closed possibly because the client had not read the response body to its end.');
    expect(answer((await closed('go')).report)).toContain('Closed because the client had not read the response body to its end.');
  });
});
