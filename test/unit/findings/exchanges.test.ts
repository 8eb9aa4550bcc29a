import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { connection, diagnosed, request, response, rules, type Talk } from './captures.ts';

function post(length: number, more = '', target = '/up'): string {
  return request('go', target, 'POST', `${more}Content-Length: ${length}\r\n`);
}

describe('slow and missing answers', () => {
  it('slow-response is more than a second of silence after the request', async () => {
    const answered = (wait: number): Talk => connection(0, 0).client(request('go')).ack('server').wait(wait).server(response(10)).ack('client').wait(1).close('client');
    expect((await diagnosed(answered(1.2))).findings).toEqual(['slow-response certain: 1', expect.stringMatching(/^process-exit/)]);
    expect(rules(await diagnosed(answered(0.9)))).not.toContain('slow-response');
  });

  it('no-response is a whole upload that is acknowledged and never answered', async () => {
    const found = await diagnosed(connection(0, 0).client(post(3000)).client(filler(3000)).ack('server').wait(4).fin('client').ack('server'));
    expect(found.findings).toContain('no-response certain: 1');
  });

  it('no-response is not said of an upload that was lost on the way', async () => {
    const talk = connection(0, 0).client(post(300)).client(filler(300));
    talk.wait(0.4).retransmit().wait(0.8).retransmit().wait(1.6).retransmit();
    expect(rules(await diagnosed(talk))).not.toContain('no-response');
  });

  it('response-stalled is a small response with a pause in it; a slow reader is none', async () => {
    const paused = connection(0, 0).client(request('go')).server(response(3000).subarray(0, 1000)).ack('client').wait(2).server(response(3000).subarray(1000)).ack('client').wait(1).close('client');
    expect((await diagnosed(paused)).findings).toContain('response-stalled likely: 1');
    const full = connection(0, 0, { windowScale: 0 }).client(request('go'), { window: 1000 }).server(response(3000).subarray(0, 1000)).ack('client', { window: 0 }).wait(2).ack('client', { window: 9000 });
    expect(rules(await diagnosed(full.server(response(3000).subarray(1000)).ack('client').wait(1).close('client')))).not.toContain('response-stalled');
  });

  it('response-stalled is told though a segment in a hundred was repeated; where many are, the path may be why', async () => {
    const whole = response(110_000);
    const stalled = (every: number): Talk => {
      const talk = connection(0, 0).client(request('go'));
      for (let at = 0, n = 1; at < whole.length; at += 1000, n++) {
        talk.server(whole.subarray(at, at + 1000)).wait(0.001);
        if (n % every === 0) talk.retransmit().wait(0.001);
        talk.ack('client');
        if (n === 55) talk.wait(2.5);
      }
      return talk.wait(1).close('client');
    };
    expect((await diagnosed(stalled(100))).findings).toContain('response-stalled likely: 1');
    expect(rules(await diagnosed(stalled(10)))).not.toContain('response-stalled');
  });

  it('a response that stalled said nothing about who closes: its silence was taken for a close_notify of the server', async () => {
    const stalled = connection(0, 0).client(request('go')).server(response(3000).subarray(0, 1000)).ack('client').wait(2).server(response(3000).subarray(1000)).ack('client').wait(1).close('client');
    const { closes, report } = await diagnosed(stalled);
    expect(closes).toEqual(['process-exit possible or client-idle']);
    expect([...report.connections()][0]!.close.evidence.map(({ note }) => note).join()).not.toContain('close_notify');
  });
});

describe('early answers and Expect', () => {
  it('response-stalled is none of a stream that comes piece by piece', async () => {
    const talk = connection(0, 0).client(request('go')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n').ack('client');
    for (let n = 0; n < 30; n++) talk.wait(0.2).server('6\r\nevent\n\r\n').ack('client');
    expect(rules(await diagnosed(talk.server('0\r\n\r\n').ack('client').wait(1).close('client')))).not.toContain('response-stalled');
  });

  it('response-stalled is no warning of a stream of events, which says so by its pauses', async () => {
    const stream = (pauses: readonly number[]): Talk => {
      const talk = connection(0, 0).client(request('go')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n').ack('client');
      for (const pause of pauses) talk.wait(pause).server('6\r\nevent\n\r\n').ack('client');
      return talk.server('0\r\n\r\n').ack('client').wait(1).close('client');
    };
    const severity = async (pauses: readonly number[]) => (await diagnosed(stream(pauses))).report.findings().find(({ rule }) => rule === 'response-stalled')?.severity;
    expect(await severity([2, 31, 5, 15])).toBe('info');
    expect(await severity([0.01, 4, 0.01, 0.01])).toBe('warning');
    expect(await severity([2.5, 2.5])).toBe('warning');
  });

  it('response-stalled is none of a slow path that brings segment after segment', async () => {
    const talk = connection(0, 0).client(request('go'));
    const whole = response(100_000);
    for (let at = 0; at < whole.length; at += 1000) talk.server(whole.subarray(at, at + 1000)).wait(0.018).ack('client');
    expect(rules(await diagnosed(talk.wait(1).close('client')))).not.toContain('response-stalled');
  });

  it('early-response is an answer before the end of the body, even where the rest is then sent', async () => {
    const talk = connection(0, 0).client(post(4000)).client(filler(1000)).server(response(10)).client(filler(3000)).ack('server').wait(1).close('client');
    expect((await diagnosed(talk)).findings).toContain('early-response certain: 1');
    const usual = connection(0, 0).client(post(4000)).client(filler(4000)).server(response(10)).ack('client').wait(1).close('client');
    expect(rules(await diagnosed(usual))).not.toContain('early-response');
  });

  it('early-response is none to a request that the client had broken off', async () => {
    const talk = connection(0, 0).client(post(4000)).client(filler(1000)).ack('server').wait(1).fin('client').ack('server').server(response(10, '', '400 Bad Request')).fin('server').ack('client');
    const found = await diagnosed(talk);
    expect(rules(found)).not.toContain('early-response');
    expect(found.findings).toContain('upload-incomplete certain: 1');
  });

  it('expect-rejected: the announced body never comes, and the next request is not taken for it', async () => {
    const talk = connection(0, 0).client(post(4000, 'Expect: 100-continue\r\n')).server(response(0, '', '401 Unauthorized')).ack('client').wait(0.1).get().wait(1).close('client');
    const found = await diagnosed(talk);
    expect(found.findings).toContain('expect-rejected certain: 1');
    expect(found.report.summary).toMatchObject({ requests: 2, responses: 2 });
    expect(rules(found)).not.toContain('upload-incomplete');
    expect(rules(found)).not.toContain('early-response');
  });

  it('what keeps a server from announcing the close that follows a refused body was to take out an option it does not have', async () => {
    const refused = (n: number): Talk => connection(n, n / 10).client(post(4000, 'Expect: 100-continue\r\n')).server(response(0, 'Connection: close\r\n', '401 Unauthorized')).fin('server').fin('client').ack('server');
    const { report } = await diagnosed(refused(0), refused(1), refused(2));
    const fixes = report.findings().map(({ rule, fix }) => [rule, fix.rule ?? rule]);
    expect(fixes).toContainEqual(['server-close-option', 'expect-rejected']);
    expect(fixes).toContainEqual(['missed-reuse', 'expect-rejected']);
    expect(new Set(report.findings().map(({ fix }) => fix.summary)).size).toBe(1);
  });

  it('expect-timeout: the body is sent without a 100; none where the 100 came', async () => {
    const head = post(400, 'Expect: 100-continue\r\n');
    expect((await diagnosed(connection(0, 0).client(head).ack('server').wait(1).client(filler(400)).server(response(10)).ack('client').wait(1).close('client'))).findings).toContain('expect-timeout certain: 1');
    const continued = connection(0, 0).client(head).ack('server').wait(1).server('HTTP/1.1 100 Continue\r\n\r\n').client(filler(400)).server(response(10)).ack('client').wait(1).close('client');
    expect(rules(await diagnosed(continued))).not.toContain('expect-timeout');
  });
});

describe('uploads', () => {
  /** A body in pieces of 20 kB, with a pause after each. */
  function upload(pieces: number, pause: number, window?: number): Talk {
    const talk = connection(0, 0, window === undefined ? {} : { windowScale: 0 }).client(post(pieces * 20_000));
    for (let piece = 0; piece < pieces; piece++) {
      talk.client(filler(20_000));
      if (window !== undefined) talk.ack('server', { window: 0 }).wait(pause).ack('server', { window });
      else talk.ack('server').wait(pause);
    }
    return talk.server(response(10)).ack('client').wait(1).close('client');
  }

  it('upload-receiver-limited: the window of the server stands at zero for a third of the time', async () => {
    const found = await diagnosed(upload(5, 0.3, 20_000));
    expect(found.findings).toContain('upload-receiver-limited likely: 1');
    expect(rules(found)).not.toContain('upload-sender-limited');
  });

  it('upload-sender-limited: the window is open and the client takes its time', async () => {
    const found = await diagnosed(upload(5, 0.3));
    expect(found.findings).toContain('upload-sender-limited likely: 1');
    expect(rules(found)).not.toContain('upload-receiver-limited');
  });

  /** The server reads slowly: its window falls and never closes; the client fills it each time. */
  function heldBack(pieces: number, pause: number, fills: boolean): Talk {
    const talk = connection(0, 0, { windowScale: 0 }).ack('server', { window: 60_000 }).client(post(60_000 + pieces * 8_000));
    talk.client(filler(60_000)).ack('server', { window: 8_000 });
    for (let piece = 0; piece < pieces; piece++) {
      if (!fills) talk.wait(pause);
      talk.client(filler(8_000));
      if (fills) talk.wait(pause);
      talk.ack('server', { window: 8_000 });
    }
    return talk.server(response(10)).ack('client').wait(1).close('client');
  }

  it('upload-receiver-limited: a window that fell and is full without ever closing', async () => {
    const found = await diagnosed(heldBack(40, 0.05, true));
    expect(found.findings).toContain('upload-receiver-limited likely: 1');
    const finding = found.report.findings().find(({ rule }) => rule === 'upload-receiver-limited')!;
    expect(finding.evidence.at(-1)!.note).toMatch(/the client waited for room in the server's window for 1\.\d s of it/);
    expect(rules(found)).not.toContain('upload-sender-limited');
  });

  it('upload-receiver-limited: what was waited in uploads before is not said of a later one', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).ack('server', { window: 60_000 });
    // Long-lived: what the client waits is told when it sums up to a part of its age.
    talk.wait(3600);
    for (let n = 0; n < 70; n++) {
      talk.client(post(76_000)).client(filler(60_000)).ack('server', { window: 8_000 }).client(filler(8_000)).wait(1.9);
      talk.ack('server', { window: 8_000 }).client(filler(8_000)).ack('server', { window: 60_000 }).server(response(10)).ack('client');
    }
    const notes = (await diagnosed(talk.wait(1).close('client'))).report.findings().find(({ rule }) => rule === 'upload-receiver-limited')!.evidence.map(({ note }) => note);
    const [, took, held] = /in (\d+\.\d+) s; the client waited for room in the server's window for (\d+\.\d+) s of it/.exec(notes.at(-1)!)!;
    expect(Number(held)).toBeLessThanOrEqual(Number(took));
  });

  it('upload-sender-limited: the window fell, but the client comes late to it', async () => {
    const found = await diagnosed(heldBack(40, 0.05, false));
    expect(found.findings).toContain('upload-sender-limited likely: 1');
    expect(rules(found)).not.toContain('upload-receiver-limited');
  });

  it('upload-sender-limited: a small body that comes line by line', async () => {
    const talk = connection(0, 0).client(request('go', '/log', 'POST', 'Transfer-Encoding: chunked\r\n'));
    for (let line = 0; line < 8; line++) talk.wait(0.25).client('5\r\nline\n\r\n').ack('server');
    const found = await diagnosed(talk.client('0\r\n\r\n').server(response(10)).ack('client').wait(1).close('client'));
    expect(found.findings).toContain('upload-sender-limited likely: 1');
    expect(found.report.findings().find(({ rule }) => rule === 'upload-sender-limited')!.evidence.at(-1)!.note).toMatch(/for 1\.8 s of it the client sent nothing, with all acknowledged/);
  });

  it('of which the path is slow, segment by segment, are not limited by their sender', async () => {
    const talk = connection(0, 0).client(post(200_000));
    const body = filler(200_000);
    for (let at = 0; at < body.length; at += 1460) talk.client(body.subarray(at, at + 1460)).wait(0.013).ack('server');
    const found = await diagnosed(talk.server(response(10)).ack('client').wait(1).close('client'));
    expect(found.report.findings().filter(({ rule }) => rule.startsWith('upload'))).toEqual([]);
  });

  it('upload-sender-limited: one lost segment among many pauses does not hide it', async () => {
    const talk = connection(0, 0).client(post(200_000));
    for (let piece = 0; piece < 10; piece++) {
      talk.client(filler(20_000));
      if (piece === 4) talk.wait(0.2).retransmit();
      talk.ack('server').wait(0.3);
    }
    expect((await diagnosed(talk.server(response(10)).ack('client').wait(1).close('client'))).findings).toContain('upload-sender-limited likely: 1');
  });

  /** The same with the last segment of some pieces lost, and sent again after a while. */
  function lossy(pieces: number, lostOneIn: number): Talk {
    const talk = connection(0, 0).client(post(pieces * 20_000));
    for (let piece = 0; piece < pieces; piece++) {
      talk.client(filler(20_000));
      if (piece % lostOneIn === 0) talk.wait(0.25).retransmit();
      talk.ack('server').wait(0.05);
    }
    return talk.server(response(10)).ack('client').wait(1).close('client');
  }

  it('upload-network-limited: segments are sent again and again, with the window open', async () => {
    const found = await diagnosed(lossy(12, 2));
    expect(found.findings).toContain('upload-network-limited likely: 1');
    expect(rules(found)).not.toContain('upload-sender-limited');
    expect(found.report.findings().find(({ rule }) => rule === 'upload-network-limited')!.evidence.at(-1)!.note).toContain('sent 6 segments again');
  });

  it('upload-network-limited: not for a loss now and then, and not where the window was what held it up', async () => {
    expect(rules(await diagnosed(lossy(40, 20)))).not.toContain('upload-network-limited');
    const full = upload(5, 0.3, 20_000);
    expect(rules(await diagnosed(full))).not.toContain('upload-network-limited');
  });

  it('at full speed have no limit to tell', async () => {
    const found = await diagnosed(upload(20, 0.002));
    expect(rules(found).filter((rule) => rule.startsWith('upload'))).toEqual([]);
  });

  it('upload-incomplete: the client ends in the middle of the body', async () => {
    const found = await diagnosed(connection(0, 0).client(post(90_000)).client(filler(30_000)).ack('server').wait(0.4).fin('client').ack('server'));
    expect(found.findings).toContain('upload-incomplete certain: 1');
  });

  it('upload-incomplete: two of them were, one was', async () => {
    const broken = (n: number): Talk => connection(n, n).client(post(90_000)).client(filler(30_000)).ack('server').wait(0.4).fin('client').ack('server');
    const words = async (...talks: Talk[]): Promise<string> => (await diagnosed(...talks)).report.findings().find(({ rule }) => rule === 'upload-incomplete')!.explanation;
    expect(await words(broken(0))).toBe('1 request body was not sent to the end.');
    expect(await words(broken(0), broken(1))).toBe('2 request bodies were not sent to the end.');
  });
});

describe('content-range-rejected', () => {
  const patch = (range: string, status: string): Talk =>
    connection(0, 0).client(request('go', '/blob', 'PATCH', `Content-Range: ${range}\r\nContent-Length: 4\r\n`, 'data')).server(response(0, '', status)).ack('client').wait(1).close('client');

  it('names the form of the range that was refused', async () => {
    const found = await diagnosed(patch('bytes 0-3/4', '416 Range Not Satisfiable'));
    expect(found.findings).toContain('content-range-rejected certain: 1');
    expect(found.report.findings().find(({ rule }) => rule === 'content-range-rejected')!.evidence[0]!.note).toBe('Content-Range: bytes 0-3/4');
  });

  it('is none where it was taken', async () => {
    expect(rules(await diagnosed(patch('0-3', '202 Accepted')))).not.toContain('content-range-rejected');
  });
});

describe('framing-ambiguous', () => {
  it('is Content-Length beside Transfer-Encoding', async () => {
    const talk = connection(0, 0).client(request('other', '/', 'POST', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')).server(response(10)).ack('client').wait(1).close('client');
    expect((await diagnosed(talk)).findings).toContain('framing-ambiguous certain: 1');
  });
});

describe('keep-alive-probes', () => {
  it('are spaced by how long the connection idled, not from the first to the one after a request', async () => {
    const talk = connection(0, 0).get().wait(30).probe('client').ack('server').wait(7).get().wait(30).probe('client').ack('server').wait(1).close('client');
    const { explanation } = (await diagnosed(talk)).report.findings().find(({ rule }) => rule === 'keep-alive-probes')!;
    expect(explanation).toContain('the client sent 2, every 30.0 s of idleness');
  });

  it('that went unanswered follow another setting', async () => {
    const talk = connection(0, 0).get().wait(15).probe('client').ack('server').wait(15).probe('client').wait(1).probe('client').wait(1).probe('client').wait(1).rst('client');
    const { explanation } = (await diagnosed(talk)).report.findings().find(({ rule }) => rule === 'keep-alive-probes')!;
    expect(explanation).toContain('every 15.0 s of idleness');
    expect(explanation).toContain('3 had no answer');
  });

  it('of the server are told apart from those of the client', async () => {
    const talk = connection(0, 0).get().wait(15).probe('server').ack('client').wait(3).close('client');
    const { explanation } = (await diagnosed(talk)).report.findings().find(({ rule }) => rule === 'keep-alive-probes')!;
    expect(explanation).toContain('the server sent 1, every 15.0 s');
    expect(explanation).not.toContain('the client sent');
  });
});
