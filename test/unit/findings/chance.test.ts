import { describe, expect, it } from 'vitest';
import { latin1 } from '../../kit/packets.ts';
import { connection, diagnosed, request, type Talk } from './captures.ts';

/** Seconds from `least` to `most`, spread as evenly as can be, in an order that looks like none. */
const spread = (count: number, least: number, most: number): number[] => Array.from({ length: count }, (_, n) => least + ((most - least) * ((n * 37) % count)) / count);

describe('idle times of many closes, after any time', () => {
  const runs = (idles: readonly number[]): Talk[] => idles.map((idle, n) => connection(n, n * 40).get(300, 'other').wait(idle).close('client'));

  it('agreed here and there, and were certain timeouts of the client: runs of a script that works for a while and ends', async () => {
    for (const idles of [spread(96, 1, 5), spread(23, 1, 5), spread(150, 1, 30)]) {
      const { closes } = await diagnosed(...runs(idles));
      expect(new Set(closes)).toEqual(new Set(['client-idle possible or process-exit']));
    }
  });

  it('… or of the server: one that ends idle connections when it has too many', async () => {
    const { closes } = await diagnosed(...spread(96, 1, 35).map((idle, n) => connection(n, n * 40).get().wait(idle).close('server')));
    expect(closes.filter((close) => close.endsWith('certain'))).toEqual([]);
  });

  it('of a few, two that agree are of a timer: one more may come late', async () => {
    const aborted = [0.342, 0.349, 0.367].map((age, n) => connection(n, n).client(request('go')).server(latin1('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nsome')).ack('client').wait(age - 0.001).close('client'));
    expect((await diagnosed(...aborted)).closes.slice(0, 2)).toEqual(Array(2).fill('client-timeout likely or client-abort/undrained-response/process-exit'));
  });

  it('do not hide a timer among them', async () => {
    const { closes } = await diagnosed(...runs([...spread(20, 1, 9), ...Array.from({ length: 12 }, (_, n) => 5.001 + n * 0.0002)]));
    expect(closes.slice(20)).toEqual(Array(12).fill('client-idle certain'));
  });

  it('of what was restarted again and again were told as of a timer that is looked at now and then', async () => {
    const restarts = [0, 1, 2].flatMap((day) => spread(15, 1, 40).map((idle, n) => {
      const talk = connection(day * 15 + n, day * 100 + 50 - idle - (n + day) / 30).get();
      return talk.wait(day * 100 + 50 + n * 0.002 - talk.now).close('server');
    }));
    expect(new Set((await diagnosed(...restarts)).closes)).toEqual(new Set(['server-shutdown possible or server-idle/middlebox']));
  });

  it('nor do the closes of a restart, one moment after another', async () => {
    const timed = [0, 1, 2].map((n) => connection(n, n * 9).get().wait(4.0012 + n * 0.0003).close('server'));
    const restarted = spread(12, 2.05, 2.95).map((idle, n) => {
      const talk = connection(3 + n, 60 - idle).get();
      return talk.wait(60 + n * 0.001 - talk.now).close('server');
    });
    const { closes } = await diagnosed(...timed, ...restarted);
    expect(closes.slice(0, 3)).toEqual(Array(3).fill('server-idle certain'));
    expect(new Set(closes.slice(3))).toEqual(new Set(['server-shutdown possible or server-idle/middlebox']));
  });
});
