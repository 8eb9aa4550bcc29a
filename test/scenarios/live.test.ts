import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import http from 'node:http';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../../shared/model/capture.ts';
import { analyzed, capture, drainspotter, get, has, NOT_LIVE, packetsIn, type Report, serve, tcpdump, traffic } from '../kit/live.ts';
import { pair } from '../kit/tls-captures.ts';

/* Live capture for real: as root, on lo and on a veth pair into a network namespace of its own. */

const describeLive = NOT_LIVE === null ? describe : describe.skip;
const folder = NOT_LIVE === null ? mkdtempSync(join(tmpdir(), 'drainspotter-live-')) : '';
const file = (name: string) => join(folder, name);
/** Latency of the kernel's buffers (tcpdump: a second) and of our flushing. */
const SETTLE = 1600;

afterAll(() => folder !== '' && rmSync(folder, { recursive: true, force: true }));

/** What must be the same whoever captured. */
function gist(report: Report) {
  return {
    connections: outline(report),
    causes: report.connections.map(({ close: { cause, confidence } }) => ({ cause, confidence })),
    findings: report.findings.map(({ rule, confidence, severity, connections }) => ({ rule, confidence, severity, connections })),
  };
}

/** What of it does not depend on the times of packets. */
function outline({ connections }: Report) {
  return connections.map(({ client, server, exchanges, close }) => ({ client, server, exchanges: exchanges.length, kind: close.kind }));
}

describeLive(`live capture on lo${NOT_LIVE === null ? '' : ` (skipped: ${NOT_LIVE})`}`, () => {
  const backends = BACKENDS.filter((name) => name === 'cap' ? existsSync('node_modules/cap/build/Release/cap.node') : has(name));
  const live = new Map<string, { report: Report; err: string; code: number | null }>();
  let own: Report;

  beforeAll(async () => {
    const server = await serve();
    const filter = `tcp port ${server.port}`;
    const running = await Promise.all(backends.map(async (name) => ({ name, capture: await capture('-i', 'lo', '-f', filter, '--backend', name, '--format', 'json', '--out', file(`${name}.pcapng`)) })));
    const reference = await tcpdump('lo', file('own.pcap'), filter);
    await traffic('127.0.0.1', server.port);
    await delay(SETTLE);
    await reference.stop();
    for (const { name, capture } of running) {
      const code = await capture.stop();
      live.set(name, { report: JSON.parse(capture.out) as Report, err: capture.err, code });
    }
    server.close();
    own = await analyzed(file('own.pcap'));
  }, 60_000);

  it.each(backends)('by %s tells drained, undrained and idle connections apart, and ends well on Ctrl-C', (name) => {
    const { report, err, code } = live.get(name)!;
    expect(code).toBe(0);
    expect(report.summary).toMatchObject({ connections: 4, requests: 7 });
    expect(report.summary.keepAliveProbes).toBeGreaterThan(0);
    const undrained = report.connections.filter(({ close }) => close.cause === 'undrained-response');
    expect(undrained.length).toBe(2);
    expect(err).toContain('(undrained-response)');
    expect(err).toMatch(name === 'cap' ? /drops unknown/ : /, 0 dropped/);
  });

  it.each(backends)('by %s says what the analysis of its file says, word for word', async (name) => {
    expect(live.get(name)!.report).toEqual(await analyzed(file(`${name}.pcapng`)));
  });

  it.each(backends)("by %s says what tcpdump's own file of the same traffic says", (name) => {
    const { report } = live.get(name)!;
    expect(outline(report)).toEqual(outline(own));
    // cap's times are those of arrival in its process, which on a busy machine are late by more than a cause allows.
    if (name !== 'cap') expect(gist(report)).toEqual(gist(own));
    expect(report.captures[0]!.packets).toBe(own.captures[0]!.packets);
  });

  it('told of the undrained response while it captured, as NDJSON on standard output, and reports after it', async () => {
    const server = await serve();
    const running = await capture('-i', 'lo', '-f', `tcp port ${server.port}`, '--format', 'ndjson', '--fail-on', 'undrained-response', '--for', '3s', '--out', file('lines.pcapng'));
    await get('127.0.0.1', server.port, '/big', new http.Agent({ keepAlive: true }), false);
    for (let i = 0; i < 150 && !running.out.includes('"undrained-response"'); i++) await delay(20);
    expect(running.child.exitCode).toBeNull();
    const [first] = running.out.split('\n');
    expect(JSON.parse(first!)).toMatchObject({ live: { finding: { endpoint: { port: server.port } } } });
    expect(await running.end()).toBe(1);
    const lines = running.out.trimEnd().split('\n').map((line) => JSON.parse(line) as object);
    expect(lines.at(-1)).toHaveProperty('summary');
    expect(lines.filter((line) => 'connection' in line)).toHaveLength(1);
    server.close();
  });

  it('reads TLS with a key log that comes while it captures, and tells of it then', async () => {
    const keys = file('keys.log');
    const server = createServer({ ...pair('rsa') }, (_, response) => response.end('x'.repeat(3000)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const running = await capture('-i', 'lo', '-f', `tcp port ${port}`, '--keylog', keys, '--format', 'ndjson', '--out', file('tls.pcapng'));
    expect(running.err).toContain('keys.log is not there yet');
    let secrets = '';
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('keylog', (line: Buffer) => (secrets += line.toString('latin1')));
    for (let i = 0; i < 3; i++) {
      socket.write('GET /inside HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(socket, 'data');
      await delay(SETTLE / 2);
      // As late as a browser that writes its log when it has time.
      if (i === 1) writeFileSync(keys, secrets);
    }
    socket.end();
    await delay(SETTLE);
    expect(await running.stop()).toBe(0);
    server.close();
    const lines = running.out.trimEnd().split('\n').map((line) => JSON.parse(line) as { connection?: { tls: object; exchanges: { request: { target: string } }[] }; summary?: object });
    const { connection } = lines.find((line) => line.connection !== undefined)!;
    expect(connection!.tls).toMatchObject({ decrypted: true });
    expect(connection!.exchanges.map(({ request }) => request.target)).toEqual(['/inside', '/inside', '/inside']);
    expect(running.out + running.err).not.toContain(secrets.slice(100, 150));
  });

  it('loses nothing at the turns of a ring, and keeps as many files as it was told', async () => {
    const server = await serve();
    const filter = `tcp port ${server.port}`;
    const all = await capture('-i', 'lo', '-f', filter, '--ring-size', '200kB', '--format', 'json', '--out', file('all.pcapng'));
    const last = await capture('-i', 'lo', '-f', filter, '--ring-size', '200kB', '--ring-files', '2', '--format', 'json', '--out', file('last.pcapng'));
    const reference = await tcpdump('lo', file('ring.pcap'), filter);
    for (let i = 0; i < 8; i++) await get('127.0.0.1', server.port, '/big', false);
    await delay(SETTLE);
    await reference.stop();
    await all.stop();
    await last.stop();
    server.close();
    const parts = readdirSync(folder).filter((name) => name.startsWith('all_')).sort();
    expect(parts.length).toBeGreaterThan(4);
    expect(parts[0]).toBe('all_00001.pcapng');
    for (const part of parts) expect(statSync(file(part)).size).toBeLessThanOrEqual(200_000);
    const wanted = await packetsIn(file('ring.pcap'));
    const counts = await Promise.all(parts.map((part) => packetsIn(file(part))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(wanted);
    expect((JSON.parse(all.out) as Report).captures[0]).toMatchObject({ packets: wanted, complete: true });
    expect((JSON.parse(last.out) as Report).captures[0]).toMatchObject({ packets: wanted, complete: true });
    expect(readdirSync(folder).filter((name) => name.startsWith('last_'))).toHaveLength(2);
  });

  it('says so when its helper is killed, and everything flushed is in the file', async () => {
    const server = await serve();
    const running = await capture('-i', 'lo', '-f', `tcp port ${server.port}`, '--format', 'json', '--out', file('killed.pcapng'));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i++) await get('127.0.0.1', server.port, '/', agent);
    await delay(SETTLE);
    const [helper] = running.children();
    const [program] = running.children(helper!);
    process.kill(helper!, 'SIGKILL');
    expect(await running.end()).toBe(4);
    expect(running.err).toContain('the capture helper ended (SIGKILL); what was captured until then is in the file');
    const report = await analyzed(file('killed.pcapng'));
    expect(report.summary.requests).toBe(5);
    expect(report.captures[0]).toMatchObject({ complete: true, anomalies: [] });
    expect((JSON.parse(running.out) as Report).summary.requests).toBe(5);
    // A zombie has no command line.
    await delay(100);
    const alive = existsSync(`/proc/${program}/cmdline`) && readFileSync(`/proc/${program}/cmdline`, 'utf8') !== '';
    expect(alive).toBe(false);
    agent.destroy();
    server.close();
  });

  it('says so when the disk is full, and what was captured stays', async () => {
    const disk = file('disk');
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'drainspotter-test', disk]);
    try {
      const server = await serve();
      const running = await capture('-i', 'lo', '-f', `tcp port ${server.port}`, '--format', 'json', '--out', join(disk, 'full.pcapng'));
      for (let i = 0; i < 6; i++) await get('127.0.0.1', server.port, '/big', false);
      expect(await running.end()).toBe(4);
      expect(running.err).toMatch(/the disk of .*full\.pcapng is full/);
      const report = await analyzed(join(disk, 'full.pcapng'));
      expect(report.captures[0]).toMatchObject({ complete: true, anomalies: [] });
      expect(report.summary.requests).toBeGreaterThan(0);
      server.close();
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('refuses a filter in the words of its compiler, an interface that is not there, and a file that is', async () => {
    const refused = async (...args: string[]) => {
      const running = drainspotter('capture', ...args);
      return [await running.end(), running.err, running.out] as const;
    };
    expect(await refused('-i', 'lo', '-f', 'tcp prt 80', '--out', file('no.pcapng'))).toEqual([2, 'drainspotter: the capture filter is not valid: syntax error\n', '']);
    expect(await refused('-i', 'nosuch0', '--out', file('no.pcapng'))).toEqual([2, 'drainspotter: there is no interface nosuch0: choose another (drainspotter interfaces)\n', '']);
    const [code, err] = await refused('-i', 'lo', '--out', join(folder, 'own.pcap'));
    expect([code, err]).toEqual([2, expect.stringMatching(/own\.pcap exists; a capture is never written over/)]);
    expect(existsSync(file('no.pcapng'))).toBe(false);
  });

  it.skipIf(!has('setpriv'))('says without rights how to get them', async () => {
    const script = join(process.env['DRAINSPOTTER_DIST'] ?? 'dist', 'cli', 'drainspotter.js');
    const child = spawn('setpriv', ['--inh-caps=-all', '--bounding-set=-all', process.execPath, script, 'capture', '-i', 'lo', '--out', file('rights.pcapng')], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(4);
    expect(err).toMatch(/cannot capture: tcpdump may not capture on lo; .*setcap cap_net_raw,cap_net_admin=eip/);
  });
});

describeLive('live capture on a veth pair', () => {
  const name = `ds${process.pid % 100_000}`;
  const address = '198.18.77.1';
  let server: ReturnType<typeof spawn>;
  let port: number;

  beforeAll(async () => {
    const ip = (...args: string[]) => execFileSync('ip', args);
    ip('netns', 'add', name);
    ip('link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`);
    ip('link', 'set', `${name}b`, 'netns', name);
    ip('addr', 'add', '198.18.77.2/30', 'dev', `${name}a`);
    ip('link', 'set', `${name}a`, 'up');
    ip('-n', name, 'addr', 'add', `${address}/30`, 'dev', `${name}b`);
    ip('-n', name, 'link', 'set', `${name}b`, 'up');
    const code = "const s=require('http').createServer((q,r)=>r.end(q.url==='/big'?Buffer.alloc(300000,120):'ok'));s.keepAliveTimeout=0;s.listen(0,()=>console.log(s.address().port))";
    server = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = (await once(server.stdout!, 'data')) as [Buffer];
    port = Number(chunk.toString());
  }, 30_000);

  afterAll(() => {
    server?.kill();
    for (const args of [['link', 'del', `${name}a`], ['netns', 'del', name]]) {
      try {
        execFileSync('ip', args, { stdio: 'ignore' });
      } catch {
        // Deleted by the test.
      }
    }
  });

  it('says what the analysis of its file says; and when the interface vanishes, says so and keeps what was captured', async () => {
    const first = await capture('-i', `${name}a`, '-f', `tcp port ${port}`, '--format', 'json', '--out', file('veth.pcapng'));
    const second = has('dumpcap') ? await capture('-i', `${name}a`, '-f', `tcp port ${port}`, '--backend', 'dumpcap', '--format', 'json', '--out', file('veth2.pcapng')) : null;
    await traffic(address, port);
    await delay(SETTLE);
    execFileSync('ip', ['link', 'del', `${name}a`]);
    expect(await first.end()).toBe(4);
    expect(first.err).toContain(`the interface ${name}a went away`);
    const live = JSON.parse(first.out) as Report;
    expect(live.summary).toMatchObject({ connections: 4, requests: 7 });
    expect(live).toEqual(await analyzed(file('veth.pcapng')));
    if (second === null) return;
    expect(await second.end()).toBe(4);
    expect(second.err).toContain(`the interface ${name}a went away`);
    expect(gist(JSON.parse(second.out) as Report)).toEqual(gist(live));
  });
});
