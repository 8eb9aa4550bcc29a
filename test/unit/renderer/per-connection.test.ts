import { expect, test } from 'vitest';
import { perConnection } from '../../../renderer/features/overview/per-connection.ts';
import { ENDPOINT_KEYS } from '../../../shared/query/endpoint-order.ts';
import type { EndpointRow } from '../../../shared/model/view.ts';

test('requests that TLS hides count, and are marked as estimated: four requests on four connections were 0.00 each', () => {
  expect(perConnection({ requests: 0, estimatedRequests: 4, connections: 4 })).toBe('~1.00');
  expect(perConnection({ requests: 151, connections: 149 })).toBe('1.01');
  expect(perConnection({ requests: 0, connections: 0 })).toBe('0');
  expect(ENDPOINT_KEYS.ratio({ report: { requests: 1, estimatedRequests: 4, connections: 2 } } as unknown as EndpointRow)).toBe(2.5);
});
