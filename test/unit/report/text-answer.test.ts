import { describe, expect, it } from 'vitest';
import { answer } from '../../../main/report/text-answer.ts';
import { connectionReport, reportModel } from '../../kit/report-fixtures.ts';
import { filler } from '../../kit/conversation.ts';
import { connection, type Diagnosed, diagnosed, request, response, Talk } from '../findings/captures.ts';

function closed(client: 'go' | 'other'): Promise<Diagnosed> {
  return diagnosed(...[0, 1, 2].map((n) => connection(n, n).get(900, client).close('client')));
}

describe('the answer', () => {
  it('is not surer of a cause than its findings', async () => {
    const unknown = await closed('other');
    expect(unknown.closes[0]).toMatch(/^undrained-response possible/);
    expect(answer(unknown.report)[1]).toBe('The client closed all 3 (FIN), possibly because the client had not read the response body to its end, or as a client does that has a new pool, or none, for each request.');
    expect(answer((await closed('go')).report)[1]).toBe('The client closed all 3 (FIN), probably because the client had not read the response body to its end.');
  });

  it('gives the cause and what to change in its first three sentences', async () => {
    expect(answer((await closed('go')).report).slice(0, 3)).toEqual([
      '3 requests used 3 connections: none was reused.',
      'The client closed all 3 (FIN), probably because the client had not read the response body to its end.',
      'What to change: Read the body to its end before Close, up to a limit, for error answers too.',
    ]);
  });

  it('an open connection was told as open "because" of what swallows its packets', async () => {
    const talk = connection(1, 1).get().get().wait(60).client(request('go'));
    for (let wait = 0.3; wait < 20; wait *= 2) talk.wait(wait).retransmit();
    const { report, closes } = await diagnosed(talk);
    expect(closes[0]).toMatch(/^middlebox likely/);
    expect(answer(report)[1]).toBe('It was still open at the end: probably something between client and server ended or swallowed it.');
  });

  it('says how many connections a filter leaves out, and that it leaves none', () => {
    const model = reportModel({ connections: [connectionReport()] });
    expect(answer({ ...model, leftOut: 2 }).at(-1)).toBe('2 other connections of the captures were left out by the filter.');
    expect(answer({ ...reportModel({ connections: [] }), leftOut: 1 })).toEqual(['No connection is what the filter asks for: 1 connection was left out.']);
  });

  it('of a missed reuse that the server is the reason for does not tell the client to change', async () => {
    const announced = (n: number): Talk => connection(n, n).client(request('go')).server(response(10, 'Connection: close\r\n')).ack('client').close('server');
    const { report } = await diagnosed(announced(0), announced(1), announced(2));
    expect(answer(report)[2]).toBe('What to change: If it is on every response, switch keep-alive on at the server or the proxy in front of it.');
    expect(report.findings().find(({ rule }) => rule === 'missed-reuse')!.fix).toMatchObject({ rule: 'server-close-option' });
  });

  it('names what is gravest where it is no cause of a close, and changes its reason', async () => {
    const raced = connection(0, 0).get().wait(5.001);
    raced.fin('server').client(request('go', '/pay', 'POST', 'Content-Length: 3\r\n', 'abc'), { ack: raced.next.server - 1 }).rst('server', { flags: 4 });
    const { report } = await diagnosed(raced);
    expect(report.findings()[0]).toMatchObject({ rule: 'request-lost', fix: { rule: 'stale-reuse' } });
    expect(answer(report).slice(2, 4)).toEqual(['Gravest: a request was lost with its connection.', "What to change: Set Transport.IdleConnTimeout below the server's idle timeout."]);
  });

  it('of a body that the server refused early does not begin with the body', async () => {
    const refused = (n: number): Talk =>
      connection(n, n).client(request('go', '/up', 'POST', 'Content-Length: 90000\r\n')).client(filler(9000)).ack('server').server(response(3, 'Connection: close\r\n', '413 Content Too Large')).fin('server').ack('client').client(filler(1460)).rst('server', { flags: 4 });
    const { report } = await diagnosed(refused(0), refused(1));
    expect(report.findings().map(({ rule, severity }) => `${severity} ${rule}`)).toEqual(['warning undrained-request', 'info server-close-option', 'info early-response', 'info upload-incomplete']);
    expect(answer(report)[1]).toContain('because the server had not read the request body to its end');
    expect(answer(report)[2]).toMatch(/^What to change: /);
  });

  it('tells attempts to connect apart from connections: nothing of them was still open, and nothing was closed', async () => {
    const syn = (n: number): Talk => new Talk({ client: `10.0.0.1:${41_000 + n}`, start: n }).syn();
    const refused = (n: number): Talk => syn(n).rst('server', { flags: 4 | 16 });
    const unanswered = (n: number): Talk => syn(n).wait(1).syn({ seq: 1000 }).wait(2).syn({ seq: 1000 });
    expect(answer((await diagnosed(refused(0), refused(1), refused(2))).report).slice(0, 2)).toEqual([
      '3 attempts to connect were refused (RST).',
      'What to change: Check address, port, firewall and whether the server is up; with unanswered SYNs under load, the listen backlog.',
    ]);
    const mixed = (await diagnosed(connection(0, 0).get().wait(1).get().close('client'), refused(1), unanswered(2))).report;
    expect(answer(mixed).slice(0, 3)).toEqual([
      '2 requests used 1 connection: it was reused every time.',
      'The client closed it (FIN), as when the client program ends.',
      '1 attempt to connect was refused (RST), and 1 attempt to connect got no answer.',
    ]);
    expect(answer(mixed).join(' ')).not.toContain('no HTTP/1 that can be read');
    expect(answer(mixed, true)[2]).toContain('1 attempt to connect has no answer so far.');
  });

  it('names both of two reasons that look the same, and what would mend either', async () => {
    const { report, findings } = await diagnosed(...[0, 1, 2, 3].map((n) => connection(n, n).get(20)));
    expect(findings.map((finding) => finding.split(':')[0])).toEqual(expect.arrayContaining(['body-not-closed likely', 'client-per-request possible']));
    const text = answer(report);
    const change = text.findIndex((sentence) => sentence.startsWith('What to change: Put "defer resp.Body.Close()"'));
    expect(text[change + 1]).toBe('If that is done already: make one http.Client with one Transport for the whole program: the pool belongs to the Transport.');
  });

  it('of a connection that went over to another protocol says so', async () => {
    const switched = connection(0, 0).client(request('go', '/chat', 'GET', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')).server('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n').ack('client').wait(5).close('client');
    expect(answer((await diagnosed(switched)).report)[1]).toBe('The client closed it (FIN), after a switch to another protocol.');
  });

  it('while nothing has come yet does not say that there is nothing to read', () => {
    const model = reportModel({ connections: [] });
    expect(answer({ ...model, captures: [] }, true)).toEqual(['Nothing was read.']);
    expect(answer({ ...model, captures: model.captures.map((capture) => ({ ...capture, packets: 0 })) }, true)).toEqual(['No packet has come yet.']);
    expect(answer(model, true)).toEqual(['No TCP connection in 41 packets so far.']);
  });

  it('of what is as it should be has nothing to change', async () => {
    expect(answer((await diagnosed(connection(0, 0).get().wait(1).get().wait(1).close('client'))).report)).toEqual(['2 requests used 1 connection: it was reused every time.', 'The client closed it (FIN), as when the client program ends.']);
  });
});
