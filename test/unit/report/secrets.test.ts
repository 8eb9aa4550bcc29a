import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { PseudonymModel } from '../../../main/report/pseudonyms.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { FOLDER_FORMATS, TEXT_FORMATS, writeReport, writeTables } from '../../../main/report/formats.ts';
import { conversation } from '../../kit/conversation.ts';
import type { Packet } from '../../kit/packets.ts';
import { merge } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { duckdb, KeptFiles } from '../../kit/table-files.ts';

/** Every secret has this in it. */
const SECRET = 'S3CR3T';
const HOSTS = ['payroll.corp.internal', 'bastion.corp.internal', 'db7.corp.internal'];
const ADDRESSES = ['172.29.13.7', '172.29.13.99', '172.29.44.4', '2001:db8:7a7a::9'];

/** A capture full of secrets, names and addresses wherever HTTP has a place for them. */
function planted(): Packet[] {
  const secrets = Array.from({ length: 24 }, (_, i) => `${SECRET}${i}x`);
  const request = (target: string, host: string, fields: string[] = [], body = '') =>
    `${body === '' ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields.map((field) => `${field}\r\n`).join('')}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
  const targets = [
    `/a?token=${secrets[0]}&x=1`,
    `/login;jsessionid=${secrets[1]}?q=1`,
    `http://user:${secrets[2]}@${HOSTS[0]}/b`,
    `/c?next=https%3A%2F%2Fu%3A${secrets[3]}%40${HOSTS[2]}%2F`,
    `/d?json=%7B%22password%22%3A%22${secrets[4]}%22%7D`,
    `/e?api_key=${secrets[5]}&server=${HOSTS[2]}&from=${ADDRESSES[2]}`,
    `/f?X-Amz-Signature=${secrets[6]}`,
    `/g?code=${secrets[7]}#access_token=${secrets[8]}`,
  ];
  const fields = [
    `Authorization: Bearer ${secrets[9]}`,
    `Proxy-Authorization: Basic ${secrets[10]}`,
    `Cookie: sid=${secrets[11]}; theme=dark`,
    `X-Api-Key: ${secrets[12]}`,
    `X-Forwarded-For: ${ADDRESSES[2]}`,
    `Referer: https://${HOSTS[2]}/?token=${secrets[13]}`,
  ];
  const response = (extra: string, body: string) => `HTTP/1.1 200 OK\r\nSet-Cookie: session=${secrets[14]}; Path=/\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
  const first = conversation({ client: `${ADDRESSES[0]}:40000`, server: `${ADDRESSES[1]}:8080` }).handshake();
  for (const target of targets) first.client(request(target, HOSTS[0]!, fields, `password=${secrets[15]}`)).server(response(`Location: /x?token=${secrets[16]}\r\nServer: nginx\r\n`, `{"token":"${secrets[17]}"}`));
  first.wait(1).close('server');
  const undrained = Array.from({ length: 4 }, (_, i) =>
    conversation({ client: `${ADDRESSES[0]}:${41_000 + i}`, server: `${ADDRESSES[1]}:8080`, start: 2 + i })
      .handshake()
      .client(request(targets[i]!, HOSTS[0]!, fields))
      .server(response('', secrets[18]!.repeat(200)))
      .rst('client'),
  );
  const tunnel = conversation({ client: `[${ADDRESSES[3]}]:42000`, server: '[2001:db8:7a7a::10]:3128', start: 10 })
    .handshake()
    .client(`CONNECT ${HOSTS[1]}:443 HTTP/1.1\r\nHost: ${HOSTS[1]}:443\r\nProxy-Authorization: Basic ${secrets[19]}\r\n\r\n`)
    .server('HTTP/1.1 200 OK\r\n\r\n');
  return merge(first.packets, ...undrained.map((talk) => talk.packets), tunnel.packets);
}

let folder: string;
let report: AnalysisReport;
let open: AnalysisReport;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-secrets-'));
  report = await reportOf(planted(), { redact: true });
  open = await reportOf(planted(), { redact: false });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All that a format shows of a model, tables as text. */
async function shown(model: ReportModel, format: (typeof TEXT_FORMATS)[number] | (typeof FOLDER_FORMATS)[number]): Promise<string> {
  if (format === 'csv' || format === 'parquet') {
    const files = new KeptFiles();
    await writeTables(model, files, { format, version: '0.1.0' });
    if (format === 'csv') return [...files.files.keys()].map((name) => files.text(name)).join('\n');
    const path = join(folder, String(Math.random()));
    files.save(path);
    return JSON.stringify(await Promise.all([...files.files.keys()].map((name) => duckdb(`select * from '{folder}/${name}'`, path))));
  }
  let text = '';
  await writeReport(model, (piece) => void (text += piece), { format, version: '0.1.0', color: false, width: 200 });
  return text;
}

const FORMATS = [...TEXT_FORMATS, ...FOLDER_FORMATS];

describe('secrets', () => {
  it('are there to be found: without redaction the targets show them', async () => {
    expect(await shown(open, 'json')).toContain(SECRET);
    expect(await shown(open, 'csv')).toContain(SECRET);
    expect(await shown(open, 'har')).toContain(SECRET);
  });

  it.each(FORMATS)('are in no default report: %s', async (format) => {
    expect(await shown(report, format)).not.toContain(SECRET);
  });

  it.each(FORMATS)('nor are addresses and host names with pseudonyms: %s', async (format) => {
    const text = await shown(new PseudonymModel(report), format);
    expect(text).not.toContain(SECRET);
    for (const name of [...HOSTS, ...ADDRESSES, 'corp.internal', '172.29.', '7a7a', 'capture.pcap']) expect(text).not.toContain(name);
  });

  it.each(['json', 'ndjson', 'html', 'markdown', 'har', 'junit', 'sarif'] as const)('are said to be left out, and pseudonyms to be there, by the report itself: %s', async (format) => {
    expect(await shown(report, format)).toMatch(/redacted/i);
    expect(await shown(new PseudonymModel(report), format)).toMatch(/pseudonyms/i);
  });
});

describe('pseudonyms', () => {
  it('are the same for the same address and host throughout a report', () => {
    const model = new PseudonymModel(report);
    const connections = [...model.connections()];
    const clients = connections.slice(0, 5).map(({ client }) => client.address);
    expect(new Set(clients).size).toBe(1);
    expect(model.connection(1)!.server.address).toBe(connections[0]!.server.address);
    expect(model.endpoints().map(({ client }) => client)).toContain(clients[0]);
    expect(model.findings().find(({ endpoint }) => endpoint !== null)!.endpoint!.client).toBe(clients[0]);
    const hosts = new Set(connections.slice(0, 5).flatMap(({ exchanges }) => exchanges.map(({ request }) => request?.host)));
    expect(hosts.size).toBe(1);
    expect(model.endpoints().flatMap((endpoint) => endpoint.hosts)).toContain([...hosts][0]);
  });

  it('leave ports, paths and counts as they are', () => {
    const model = new PseudonymModel(report);
    expect(model.connection(1)!.server.port).toBe(8080);
    expect(model.connection(1)!.exchanges[0]!.request!.target).toMatch(/^\/a\?token=/);
    expect(model.summary).toEqual(report.summary);
  });
});
