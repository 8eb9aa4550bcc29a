import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { latin1 } from '../../kit/packets.ts';
import { connection, diagnosed, request, rules, type Talk } from './captures.ts';

const WINDOW = 14_600;

/** A response in full windows; after each the client reads for a time (seconds), its window at zero meanwhile. */
function inWindows(pauses: readonly number[], finish = true, rtt = 0.001): Talk {
  const talk = connection(0, 0, { windowScale: 0, rtt }).client(request('other'), { window: WINDOW });
  talk.server(latin1(`HTTP/1.1 200 OK\r\nContent-Length: ${(pauses.length + 1) * WINDOW}\r\n\r\n`)).ack('client', { window: WINDOW });
  for (const pause of pauses) {
    talk.server(filler(WINDOW)).ack('client', { window: 0 });
    if (pause === Number.POSITIVE_INFINITY) return talk;
    talk.wait(pause).ack('client', { window: WINDOW });
  }
  return finish ? talk.server(filler(WINDOW)).ack('client', { window: WINDOW }).wait(0.3).close('client') : talk;
}

const of = async (talk: Talk): Promise<string[]> => (await diagnosed(talk)).report.findings().filter(({ rule }) => rule.startsWith('reader')).map(({ rule, confidence, severity }) => `${severity} ${rule} ${confidence}`);

describe('a client that reads slowly', () => {
  it('is slow and does not stand still, however long it takes each time', async () => {
    expect(await of(inWindows([0.05, 0.06, 0.05]))).toEqual(['info reader-slow likely']);
    expect(await of(inWindows([1.2, 0.8, 0.02, 0.9, 1.15, 1.09]))).toEqual(['info reader-slow likely']);
    expect(await of(inWindows([3, 3.1]))).toEqual(['info reader-slow likely']);
  });

  it('stands still where one pause is out of its rhythm, and not for good: it cost time, nothing hangs', async () => {
    expect(await of(inWindows([0.05, 0.06, 2.5, 0.05]))).toEqual(['warning reader-stalled likely']);
    expect(await of(inWindows([2.9]))).toEqual(['warning reader-stalled likely']);
    expect((await diagnosed(inWindows([2.9]))).report.findings().find(({ rule }) => rule === 'reader-stalled')!.explanation).toBe('The client stopped reading: its receive window stood at zero for 2.9 s. Then it read on; until then the server could not send.');
  });

  it('is not said to stand still for what a path of a second takes', async () => {
    expect(await of(inWindows([1.3], true, 0.6))).toEqual(['info reader-slow likely']);
    expect(await of(inWindows([3], true, 0.6))).toEqual(['warning reader-stalled likely']);
  });

  it('hangs where the window never opens again', async () => {
    const left = inWindows([Number.POSITIVE_INFINITY]);
    for (let n = 0; n < 4; n++) left.wait(0.6).probe('server').ack('client', { window: 0 });
    expect(await of(left)).toEqual(['error reader-stalled certain']);
    // After it had read in a rhythm before, too.
    const later = inWindows([0.1, 0.1, Number.POSITIVE_INFINITY]);
    for (let n = 0; n < 4; n++) later.wait(0.6).probe('server').ack('client', { window: 0 });
    expect((await of(later))[0]).toMatch(/^error reader-stalled/);
  });
});

describe('a server that reads an upload slowly', () => {
  const upload = (pauses: readonly number[]): Talk => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('other', '/up', 'PUT', `Content-Length: ${(pauses.length + 1) * WINDOW}\r\n`)).ack('server', { window: WINDOW });
    for (const pause of pauses) talk.client(filler(WINDOW)).ack('server', { window: 0 }).wait(pause).ack('server', { window: WINDOW });
    return talk.client(filler(WINDOW)).ack('server', { window: WINDOW }).server('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').ack('client').wait(0.3).close('client');
  };

  it('in a rhythm limits it; once it stops for long, the upload stood still', async () => {
    const slow = await diagnosed(upload([1.2, 1.1, 1.2, 1.15, 1.2]));
    expect(slow.findings).toContain('upload-receiver-limited likely: 1');
    expect(rules(slow)).not.toContain('upload-stalled');
    const stopped = await diagnosed(upload([0.01, 2.5, 0.01, 0.01, 0.01]));
    expect(stopped.findings).toContain('upload-stalled certain: 1');
    expect(stopped.report.findings().find(({ rule }) => rule === 'upload-stalled')!.severity).toBe('warning');
  });

  it('that has answered reads no more because it is done with it', async () => {
    const refused = connection(0, 0, { windowScale: 0 }).client(request('other', '/up', 'PUT', `Content-Length: ${9 * WINDOW}\r\n`)).ack('server', { window: WINDOW });
    refused.server('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n', { window: WINDOW }).client(filler(WINDOW)).ack('server', { window: 0 });
    for (let n = 0; n < 4; n++) refused.wait(0.6).probe('client').ack('server', { window: 0 });
    expect(rules(await diagnosed(refused.rst('server')))).not.toContain('upload-stalled');
  });
});
