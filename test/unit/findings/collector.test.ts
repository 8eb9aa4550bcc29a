import { expect, it } from 'vitest';
import { connection, diagnosed, request, response } from './captures.ts';

it('one fault of many clients of a server is told for eight of them, and for the others together', async () => {
  const talks = [...Array(12).keys()].flatMap((client) =>
    [0, 1].map((n) =>
      connection(n, client * 0.01 + n, { client: `10.0.1.${client + 1}:${40_000 + n}` })
        .client(request('other', '/', 'GET', 'Connection: close\r\n'))
        .server(response(10))
        .ack('client')
        .close('client'),
    ),
  );
  const found = await diagnosed(...talks);
  const told = found.report.findings().filter(({ rule }) => rule === 'client-close-option');
  expect(told).toHaveLength(9);
  const together = told.filter(({ endpoint }) => endpoint === null);
  expect(together).toHaveLength(1);
  expect(together[0]!.connections).toHaveLength(8);
  expect(together[0]!.cost.connections).toBe(4);
  expect(together[0]!.server).toEqual({ address: '10.0.0.2', port: 80 });
  expect(together[0]!.explanation).toContain('4 clients of this server show this on 8 connections, besides those that are told one by one. One of them: the client asked');
  expect(together[0]!.evidence.length).toBeGreaterThan(0);
  // Each connection is named by exactly one of them, and knows it.
  expect(told.flatMap(({ connections }) => connections).sort((a, b) => a - b)).toEqual([...Array(24).keys()].map((n) => n + 1));
  for (const { id, findings } of found.report.connections()) expect(findings).toContain(told.find(({ connections }) => connections.includes(id))!.id);
});
