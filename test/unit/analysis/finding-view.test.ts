import { expect, it } from 'vitest';
import { FindingView } from '../../../main/analysis/finding-view.ts';
import type { Diagnosis } from '../../../main/findings/diagnose.ts';
import type { KeptFinding } from '../../../main/findings/finding-collector.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { ResultStore } from '../../../main/store/result-store.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';

const ROWS = 140_000;

function finding(rule: KeptFinding['rule'], has: (row: number) => boolean): KeptFinding {
  const rows = Uint32Array.from([...Array(ROWS).keys()].filter(has));
  return { rule, confidence: 'certain', endpoint: -1, rows, explanation: '', evidence: [] };
}

const findings = [
  finding('missed-reuse', (row) => row % 3 === 0),
  finding('server-idle', (row) => row === 65_535 || row === 65_536),
  finding('slow-response', (row) => row >= 100_000 && row % 7 === 0),
];

function view(): FindingView {
  const store = new ResultStore(new AddressTable(), new NetworkPaths());
  const diagnosis = { findings, endpoints: [] } as unknown as Diagnosis;
  return new FindingView(store, diagnosis, (id) => id);
}

/** What the findings say themselves. */
function expected(reports: ReturnType<FindingView['reports']>, row: number): number[] {
  return findings.flatMap((one) => (one.rows.includes(row) ? [reports.find(({ rule }) => rule === one.rule)!.id] : [])).sort((a, b) => a - b);
}

it('connections know their findings, asked one after the other or here and there, across the blocks of the index', () => {
  const findings = view();
  const reports = findings.reports();
  const orders = [
    [...Array(300).keys()].map((n) => 65_536 - 150 + n),
    [...Array(300).keys()].map((n) => (n * 65_539) % ROWS),
    [...Array(200).keys()].map((n) => ROWS - 1 - n),
    [0, ROWS - 1, 65_535, 65_536, 0],
  ];
  for (const order of orders) for (const row of order) expect(findings.of(row), `row ${row}`).toEqual(expected(reports, row));
});

it('each finding gives its own connections, whichever was looked at before', () => {
  const reports = view().reports();
  for (const { rule, connections } of [...reports, ...reports.toReversed()]) {
    expect(connections.length).toBe(findings.find((one) => one.rule === rule)!.rows.length);
    expect(connections[0]).toBe(findings.find((one) => one.rule === rule)!.rows[0]! + 1);
  }
});
