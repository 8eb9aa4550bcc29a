import { expect, test } from 'vitest';
import { nothingFound } from '../../../shared/format/nothing-found.ts';
import type { CaptureReport, Summary } from '../../../shared/model/report.ts';

const say = (summary: Partial<Summary>, packets = 0, soFar = false): string => {
  const { title, text } = nothingFound({ soFar, summary: { connections: 0, requests: 0, requestsPerConnection: 0, ...summary } as Summary, captures: [{ packets } as CaptureReport] });
  return `${title}. ${text}`;
};

test('that nothing needs changing is said of requests that were read, and of nothing else', () => {
  expect(say({ connections: 96, requests: 18_402, requestsPerConnection: 191.7 })).toBe('Nothing needs changing. 191.7 requests per connection.');
  expect(say({})).toBe('There are no packets to read. So there is nothing to judge.');
  expect(say({}, 12)).toBe('No TCP connection in 12 packets. So there is nothing to judge.');
  expect(say({ connections: 3 }, 12)).toBe('Nothing found. No HTTP/1.1 request could be read in 3 TCP connections.');
  expect(say({ connections: 3, estimatedRequests: 1 }, 12)).toBe('Nothing found. No request could be read: about 1 request inside TLS is estimated.');
});

test('results that are not final are not called so', () => {
  expect(say({ connections: 96, requests: 18_402, requestsPerConnection: 191.7 }, 4912, true)).toBe('Nothing found so far. Most is said when everything is read.');
});
