import { describe, expect, test } from 'vitest';
import { catalogEntry, explain, findingsMarkdown, RULES, severityOf } from '../../../main/findings/catalog.ts';
import { ruleOf } from '../../../shared/format/rule-names.ts';
import { fixFor } from '../../../main/findings/fixes.ts';
import { CLOSE_CAUSES, FURTHER_RULES } from '../../../shared/model/report.ts';

test('every cause and rule of the report has an entry, once', () => {
  expect(new Set(RULES)).toEqual(new Set([...CLOSE_CAUSES, ...FURTHER_RULES]));
  expect(RULES.length).toBe(new Set(RULES).size);
  for (const id of CLOSE_CAUSES) expect(catalogEntry(id).kind).toBe('cause');
  for (const id of FURTHER_RULES) expect(catalogEntry(id).kind).toBe('rule');
});

describe.each(RULES)('%s', (id) => {
  const entry = catalogEntry(id);

  test('has a short title and whole sentences', () => {
    expect(entry.title.length).toBeLessThanOrEqual(80);
    expect(entry.title).not.toMatch(/[.!]$/);
    for (const text of [entry.happened, entry.looksLike, entry.fix, entry.background]) if (text !== undefined) expect(text).toMatch(/^[A-Z0-9].*\.$/s);
  });

  test('says when it is given with which confidence, in words that continue a sentence', () => {
    const levels = Object.values(entry.confidence);
    expect(levels.length).toBeGreaterThan(0);
    for (const text of [...levels, ...entry.lookAlikes.map(({ tell }) => tell)]) expect(text).not.toMatch(/\.$/);
  });

  test('is not its own look-alike, and names each other once', () => {
    const others = entry.lookAlikes.map((other) => other.id);
    expect(others).not.toContain(id);
    expect(new Set(others).size).toBe(others.length);
  });

  test('holds plain text: nothing that a table or a terminal would take for its own', () => {
    for (const text of [entry.title, entry.happened, entry.looksLike, entry.fix, ...entry.lookAlikes.map(({ tell }) => tell)]) expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.stringify(entry)).not.toMatch(/[|<>`*]/);
  });

  test.each([40, 80, 200])('is explained within %i columns', (width) => {
    const text = explain(id, width, { name: 'Go net/http (Transport)', fix: fixFor(id, 'go-net-http-client', null).summary });
    const tooLong = text.split('\n').filter((line) => line.length > width && line.trim().includes(' '));
    expect(tooLong).toEqual([]);
    expect(text).toMatch(/[^\n]\n$/);
    // Every word of the entry is in it, whatever the width.
    for (const part of [entry.title, entry.happened, entry.looksLike, entry.fix]) expect(text.replace(/\s+/g, ' ')).toContain(part);
  });
});

test('what wastes connections is a warning, what loses requests or hangs an error, what is normal an info', () => {
  const of = (severity: string) => RULES.filter((id) => catalogEntry(id).severity === severity);
  expect(of('error')).toEqual(expect.arrayContaining(['port-exhaustion', 'server-truncated', 'no-response', 'reader-stalled', 'upload-stalled', 'request-lost']));
  expect(of('warning')).toEqual(
    expect.arrayContaining(['undrained-response', 'missed-reuse', 'client-per-request', 'pool-overflow', 'connections-accumulate', 'body-not-closed', 'timeout-mismatch', 'stale-reuse', 'undrained-request']),
  );
  expect(of('info')).toEqual(
    expect.arrayContaining(['keep-alive-probes', 'client-idle', 'server-idle', 'server-close-option', 'process-exit', 'open-at-end', 'max-requests', 'max-age', 'protocol-switched', 'unknown', 'unused-connection', 'expect-rejected']),
  );
});

test('severity depends on how many and how bad', () => {
  expect(severityOf('client-close-option', 1)).toBe('info');
  expect(severityOf('client-close-option', 2)).toBe('warning');
  expect(severityOf('stale-reuse', 1)).toBe('warning');
  expect(severityOf('stale-reuse', 1, true)).toBe('error');
  expect(severityOf('server-idle', 500, true)).toBe('info');
});

test('the two keep-alives are told apart where probes are the subject', () => {
  for (const id of ['keep-alive-probes', 'keepalive-dead-peer', 'middlebox'] as const) {
    const text = explain(id, 80).replace(/\s+/g, ' ');
    expect(text).toContain('HTTP keep-alive means');
    expect(text).toContain('TCP keep-alive means');
  }
});

test('a name from a person is a rule or it is not', () => {
  expect(['undrained-response', 'UNDRAINED-RESPONSE', 'Body not read'].map(ruleOf)).toEqual(Array(3).fill('undrained-response'));
  for (const name of ['', 'toString', '__proto__', 'undrained']) expect(ruleOf(name)).toBeUndefined();
});

test('every link of the page leads to a heading', () => {
  const page = findingsMarkdown();
  const headings = new Set(page.match(/^## .*$/gm)?.map((line) => line.slice(3)));
  for (const [, target] of page.matchAll(/\]\(#([a-z0-9-]+)\)/g)) expect(headings).toContain(target);
});

test('docs/findings.md is current', async () => {
  await expect(findingsMarkdown()).toMatchFileSnapshot('../../../docs/findings.md');
});
