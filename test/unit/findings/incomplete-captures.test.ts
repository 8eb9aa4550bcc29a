import { describe, expect, it } from 'vitest';
import { toPcap } from '../../kit/capture-files.ts';
import { filler } from '../../kit/conversation.ts';
import { concat, merge, RST } from '../../kit/packets.ts';
import { reportOfFile } from '../../kit/report-of.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

/* What is missing from a capture must not make anything of it certain that is not. */

/** A connection whose client closed at once, with its FIN (and the acknowledgement of the server's) not in the capture. */
const withoutClientFin = (n: number, start: number, length = 500): Talk => connection(n, start).get(length).fin('client').drop().fin('server').ack('client').drop();

describe('a FIN that is not in the capture', () => {
  it('came first when the other one acknowledges it: the server did not close', async () => {
    const found = await diagnosed(withoutClientFin(0, 0), withoutClientFin(1, 0.05), withoutClientFin(2, 0.1));
    expect(found.closes).toEqual(Array(3).fill('undrained-response likely or client-per-request/pool-overflow/client-abort'));
    expect([...found.report.connections()].map(({ close }) => [close.by, close.kind])).toEqual(Array(3).fill(['client', 'fin']));
    expect(rules(found)).not.toContain('server-error');
    expect(rules(found)).not.toContain('close-wait');
  });

  it('is named in the evidence by the frame that tells of it', async () => {
    const talk = withoutClientFin(0, 0);
    const [told] = [...(await diagnosed(talk)).report.connections()];
    expect(told!.close.evidence).toContainEqual({ frame: talk.packets.length, note: 'acknowledges a FIN of the client that is not in the capture' });
  });

  it('makes no idle timeout of it certain: when it was sent is not known', async () => {
    const idle = (n: number): Talk => connection(n, n).get(500, 'other').wait(n * 0.1).get(500, 'other').wait(4.4).fin('client').drop().fin('server');
    expect((await diagnosed(idle(0), idle(1))).closes).toEqual(Array(2).fill('client-idle likely or capture-incomplete'));
  });

  it('is told by a bare acknowledgement, too, where the capture ends before the other side closes', async () => {
    const [close] = [...(await diagnosed(connection(0, 0).get().wait(0.2).fin('client').drop().ack('server'))).report.connections()].map(({ close: told }) => told);
    expect(close).toMatchObject({ by: 'client', kind: 'fin', cause: 'process-exit', confidence: 'possible' });
  });

  it('came before the bare RST that answers what still arrived', async () => {
    const late = (n: number): Talk => connection(n, n).client(request('go')).ack('server').wait(1).fin('client').drop().wait(0.5).server(response(300)).rst('client', { flags: RST }).fin('server');
    const found = await diagnosed(late(0), late(1));
    expect([...found.report.connections()].map(({ close }) => close.kind)).toEqual(['fin', 'fin']);
    for (const close of found.closes) expect(close).not.toContain('certain');
  });

  it('or a state that was lost is behind a bare RST with which a side closes', async () => {
    const found = await diagnosed(connection(0, 0).client(request('go')).server(response(3000)).rst('client', { flags: RST }));
    expect(found.closes).toEqual(['undrained-response likely or capture-incomplete']);
  });

  it('of a client is no CLOSE_WAIT: it answered the server', async () => {
    const idle = (n: number): Talk => connection(n, n).get().wait(2.0005).fin('server').fin('client').drop().ack('server');
    const found = await diagnosed(idle(0), idle(1), idle(2));
    expect(found.closes).toEqual(Array(3).fill('server-idle certain'));
    expect(rules(found)).not.toContain('close-wait');
  });

  it('that the capture only has later than its acknowledgement is not missing', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(0.3).fin('client').fin('server').reorder(), connection(1, 1).get().wait(0.3).close('client'));
    const closes = [...found.report.connections()].map(({ close }) => close);
    expect(closes.map(({ by }) => by)).toEqual(['client', 'client']);
    expect(closes[0]!.evidence.map(({ note }) => note).join()).not.toContain('not in the capture');
  });

  it('is not made of the answer to a probe with which the capture begins', async () => {
    const talk = connection(0, 0).get().wait(15).probe('client').ack('server').wait(2).fin('server').ack('client');
    talk.packets = talk.packets.slice(-4);
    expect([...(await diagnosed(talk)).report.connections()].map(({ close }) => close.by)).toEqual(['server']);
  });
});

describe('lost packets', () => {
  it('that held the response make no abort of the client\'s close', async () => {
    const talk = connection(0, 0).client(request('go')).server(response(500)).drop().ack('client').wait(0.1).close('client');
    expect((await diagnosed(talk)).closes).toEqual(['capture-incomplete likely or client-abort/undrained-response']);
  });

  it('that held all that was said make no unused connection: the FINs count the bytes', async () => {
    const talk = connection(0, 0).get();
    const { closes, findings } = await diagnosed({ packets: talk.close('client').packets.filter(({ spec }) => (spec!.data?.length ?? 0) === 0) });
    expect(closes).toEqual(['unknown possible or client-idle/process-exit']);
    expect(findings).toEqual([]);
    expect((await diagnosed(connection(0, 0).close('client'))).findings).toContain('unused-connection certain: 1');
  });

  it('that held the end of an upload make no certain early answer', async () => {
    const talk = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 2000\r\n')).client(filler(1000)).client(filler(1000)).drop().ack('server');
    const found = await diagnosed(talk.server(response(10, '', '400 Bad Request')).ack('client').close('server'));
    expect(found.closes).toEqual(['undrained-request likely or capture-incomplete']);
  });
});

describe('a capture that ends early', () => {
  it('after the client\'s FIN does not tell whether the response came and was taken', async () => {
    const found = await diagnosed(connection(0, 0).client(request('other')).fin('client').ack('server'));
    expect(found.closes).toEqual(['client-abort likely or client-timeout/process-exit']);
  });
});

describe('an upload', () => {
  const post = request('go', '/up', 'POST', 'Transfer-Encoding: chunked\r\n');
  const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;

  it('that goes on when the capture ends is not incomplete; one that stopped long before is', async () => {
    const going = connection(0, 0).client(post).client(chunk).ack('server');
    expect(rules(await diagnosed(going))).not.toContain('upload-incomplete');
    expect(rules(await diagnosed(going, connection(1, 4).get().wait(0.1).close('client')))).toContain('upload-incomplete');
  });

  it('with a gap in it is neither incomplete nor answered early', async () => {
    const talk = connection(0, 0).client(post).client(chunk).client(chunk).drop().client('0\r\n\r\n').ack('server').server(response(10)).ack('client').wait(0.5).close('client');
    for (const rule of ['upload-incomplete', 'early-response']) expect(rules(await diagnosed(talk))).not.toContain(rule);
  });

  it('that met the close of the server is told as the request that was lost', async () => {
    const talk = connection(0, 0).get().wait(5.0005).fin('server');
    talk.client(post, { ack: talk.next.server - 1 }).client(chunk, { ack: talk.next.server - 1 }).rst('server', { flags: RST });
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['stale-reuse certain also server-idle']);
    expect(found.report.findings().map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(expect.arrayContaining(['request-lost error', 'upload-incomplete info']));
  });

  it('is not unanswered where the server\'s packets are not in the capture', async () => {
    const talk = new Talk({ start: 0 }).syn().ack('client').client(request('go', '/up', 'POST', 'Content-Length: 3\r\n', 'abc')).wait(3).fin('client');
    expect(rules(await diagnosed(talk))).not.toContain('no-response');
  });
});

describe('a body without a length', () => {
  const answered = (talk: Talk): Talk => talk.server('HTTP/1.1 200 OK\r\n\r\n').server('text').wait(0.01).fin('server').ack('client').fin('client').ack('server');

  it('behind a gap, or to a request before the capture began, may be none: nobody knows what it answers', async () => {
    expect((await diagnosed(answered(connection(0, 0).client(request('go'))))).closes).toEqual(['close-delimited certain']);
    const gap = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 3000\r\n')).client(filler(1000)).client(filler(1000)).drop().client(filler(1000)).ack('server').server(response(10)).ack('client').wait(0.1).client(request('go'));
    expect((await diagnosed(answered(gap))).closes).toEqual(['close-delimited likely or capture-incomplete']);
    const late = connection(0, 0).client(request('go')).wait(0.05);
    late.packets = [];
    expect((await diagnosed(answered(late))).closes).toEqual(['close-delimited likely or capture-incomplete']);
  });
});

describe('a capture that begins late', () => {
  it('still proves that a request crossed the server\'s FIN', async () => {
    const talk = connection(0, 0).get().wait(2.0005);
    talk.packets = [];
    talk.fin('server').client(request('go', '/pay')).rst('server', { flags: RST });
    expect((await diagnosed(talk)).closes).toEqual(['stale-reuse certain']);
  });

  it('behind that FIN tells of a server that had lost the connection, or something between', async () => {
    const talk = connection(0, 0).get().wait(2.0005);
    talk.packets = [];
    talk.client(request('go', '/pay')).rst('server', { flags: RST });
    expect((await diagnosed(talk)).closes).toEqual(['middlebox possible or stale-reuse/server-error']);
  });
});

describe('a connection of which neither the beginning nor a byte is in the capture', () => {
  const end = (n: number, start: number, seen: number, first: 'client' | 'server'): Talk => {
    const talk = connection(n, start).get().wait(1);
    talk.packets = [];
    return talk.probe('client').ack('server').wait(seen).close(first);
  };

  it('was idle for nobody knows how long: equal times since the capture began were certain idle timeouts', async () => {
    const found = await diagnosed(end(0, 0, 2, 'client'), end(1, 0.3, 2, 'client'), end(2, 0.6, 2, 'client'));
    expect(found.closes).toEqual(Array(3).fill('unknown possible or client-idle/process-exit'));
    expect(rules(found)).not.toContain('client-idle');
  });

  it('says nothing of how long the server lets others wait', async () => {
    const found = await diagnosed(end(0, 0, 2, 'server'), end(1, 0.3, 2, 'server'), connection(2, 2).get().wait(2.0005).close('server'));
    expect(found.closes.slice(0, 2)).toEqual(Array(2).fill('unknown possible or server-idle/server-shutdown/middlebox'));
  });
});

describe('a RST that is all that was seen of its side', () => {
  it('may be that of a box that had forgotten the connection: who left the response unread was certain', async () => {
    const talk = connection(0, 0).client(request('go'));
    talk.packets = [];
    const found = await diagnosed(talk.server(response(500).subarray(0, 300)).rst('client'));
    expect(found.closes).toEqual(['undrained-response likely or middlebox']);
  });
});

describe('what a FIN says was sent before it', () => {
  it('and never came is missing, though nothing acknowledged it: the server had answered', async () => {
    const lost = connection(0, 0).client(request('go')).server(response(500)).drop().fin('server');
    expect((await diagnosed(lost)).closes).toEqual(['capture-incomplete likely']);
    expect((await diagnosed(connection(0, 0).client(request('go')).fin('server'))).closes).toEqual(['server-error certain']);
  });
});

describe('heads that the snap length cuts', () => {
  const short = async (talks: readonly Talk[], snaplen: number): Promise<readonly string[]> => {
    const report = await reportOfFile(toPcap(merge(...talks.map(({ packets }) => packets)), { nanoseconds: true, snaplen }));
    return [...report.connections()].map(({ close: { cause, confidence, alternatives } }) => `${cause} ${confidence} or ${alternatives.join('/')}`);
  };

  it('may say close: that the server closed without a word is not certain', async () => {
    const closed = (n: number): Talk => connection(n, n).client(request('other', '/', 'GET', 'Connection: close\r\n')).server(response(10)).ack('client').close('server');
    for (const close of await short([closed(0), closed(1), closed(2)], 80)) expect(close).toMatch(/^unknown possible or server-close-option/);
  });

  it('may say close: that an idle connection was passed over is likely; that one given up could have served is certain all the same', async () => {
    const missed = async (talks: readonly Talk[], snaplen: number): Promise<string[]> => {
      const report = await reportOfFile(toPcap(merge(...talks.map(({ packets }) => packets)), { nanoseconds: true, snaplen }));
      return report.findings().filter(({ rule }) => rule === 'missed-reuse').map(({ confidence }) => confidence);
    };
    const left = [0, 1, 2].map((n) => connection(n, n).get(30, 'other').wait(9 - n).close('client'));
    expect(await missed(left, 80)).toEqual(['likely']);
    expect(await missed(left, 400)).toEqual(['certain']);
    expect(await missed([0, 1, 2].map((n) => connection(n, n).get(30, 'other').close('client')), 80)).toEqual(['certain']);
  });
});

describe('a snap length that cuts bodies', () => {
  it('leaves it certain that the server sent more than it had promised', async () => {
    const talk = connection(0, 0).client(request('go')).server(concat([response(900), filler(20)])).ack('client').wait(0.01).close('client');
    const report = await reportOfFile(toPcap(talk.packets, { nanoseconds: true, snaplen: 400 }));
    expect([...report.connections()].map(({ close }) => `${close.cause} ${close.confidence}`)).toEqual(['protocol-error certain']);
    expect(report.findings().map(({ rule }) => rule)).toContain('unsolicited-data');
  });

  it('makes no surplus of the next response in the same segment', async () => {
    const talk = connection(0, 0).client(request('go') + request('go')).server(concat([response(500), response(300)])).ack('client').wait(1).close('client');
    const report = await reportOfFile(toPcap(talk.packets, { nanoseconds: true, snaplen: 400 }));
    expect(report.findings().map(({ rule }) => rule)).not.toContain('unsolicited-data');
  });
});

describe('bytes that cannot be read', () => {
  it('may be a request that waits: equal pauses before the client\'s FIN are no certain idle timeout', async () => {
    const opaque = (n: number): Talk => connection(n, n).client(Uint8Array.of(9, 0, 7, 1, 255, 3)).ack('server').wait(3.0004).close('client');
    expect((await diagnosed(opaque(0), opaque(1))).closes).toEqual(Array(2).fill('client-idle likely or client-timeout'));
  });
});

describe('a request that is not in the capture', () => {
  it('may have asked for the close: that its response was not read is not told', async () => {
    const unseen = (n: number): Talk => new Talk({ client: `10.0.0.1:${40_000 + n}`, start: n * 0.05, clientIsn: 1000 + n * 100_000, serverIsn: 5000 + n * 100_000 }).server(response(500)).ack('client').close('client');
    const found = await diagnosed(unseen(0), unseen(1), unseen(2));
    expect(found.closes).toEqual(Array(3).fill('unknown possible or client-close-option/undrained-response/client-per-request/pool-overflow'));
    expect(rules(found)).not.toContain('undrained-response');
  });
});
