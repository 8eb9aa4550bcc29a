import { describe, expect, test } from 'vitest';
import { connectionAxis, timeWaitOf } from '../../../shared/drawing/connection-axis.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import { connectionReport, exchangeReport, otherConnection, requestReport, responseReport } from '../../kit/report-fixtures.ts';

const exchange = (index: number, at: number) =>
  exchangeReport({
    index,
    request: requestReport({ frame: 10 * index + 4, endFrame: 10 * index + 4, time: at, endTime: at }),
    response: responseReport({ frame: 10 * index + 5, endFrame: 10 * index + 7, time: at + 0.02, endTime: at + 0.03 }),
  });

/** Starts 100 s into the capture, so that times of the capture and of the connection differ. */
function connection(different: Partial<ConnectionReport> = {}): ConnectionReport {
  return connectionReport({
    startedAt: 100,
    endedAt: 175.1,
    handshake: { synFrame: 1, synAckFrame: 2, rttSeconds: 0.01, synRetransmissions: 0 },
    exchanges: [exchange(0, 100.01), exchange(1, 130)],
    keepAliveProbes: [{ frame: 9, time: 115, from: 'client', answeredBy: 10 }],
    close: { ...connectionReport().close, by: 'server', kind: 'fin', frame: 20, time: 175, otherFin: { frame: 21, time: 175.1 } },
    ...different,
  });
}

const marks = (report: ConnectionReport) => connectionAxis(report, { timeWait: null }).marks.map(({ kind, start, end }) => [kind, Number(start.toFixed(6)), Number(end.toFixed(6))]);

describe('the marks of a connection', () => {
  test('each phase in order, in seconds since its start', () => {
    expect(marks(connection())).toEqual([
      ['handshake', 0, 0.01],
      ['request', 0.01, 0.01],
      ['wait', 0.01, 0.03],
      ['download', 0.03, 0.04],
      ['idle', 0.04, 30],
      ['probe', 15, 15],
      ['request', 30, 30],
      ['wait', 30, 30.02],
      ['download', 30.02, 30.03],
      ['idle', 30.03, 75],
      ['fin', 75, 75],
      ['fin', 75.1, 75.1],
    ]);
  });

  test('each with its side, frames and exchange', () => {
    const all = connectionAxis(connection()).marks;
    expect(all[0]).toMatchObject({ side: 'client', frames: [1, 2], exchange: null, label: 'Opens 10 ms' });
    expect(all[3]).toMatchObject({ kind: 'download', side: 'server', frames: [5, 7], exchange: 0, label: 'Response 1, 200, 2.0 kB' });
    expect(all.find(({ kind }) => kind === 'probe')).toMatchObject({ side: 'client', frames: [9, 10], label: 'Keep-alive probe of the client' });
    expect(all.filter(({ kind }) => kind === 'fin').map(({ side, frames }) => [side, frames])).toEqual([['server', [20]], ['client', [21]]]);
  });

  test('TIME_WAIT begins with the second FIN and is held by the one who closed first; a RST leaves none', () => {
    const axis = connectionAxis(connection());
    expect(axis.marks.at(-1)).toMatchObject({ kind: 'time-wait', side: 'server', label: 'TIME_WAIT 1 min, port 8080 of the server held' });
    expect(axis.end).toBeCloseTo(135.1);
    expect(timeWaitOf(connection({ close: { ...connection().close, kind: 'rst' } }))).toBeNull();
    expect(timeWaitOf(connection({ close: connectionReport().close }))).toBeNull();
  });

  test('a SYN that was refused has an answer: it was drawn as one that had none', () => {
    const handshake = { synFrame: 1, synAckFrame: null, rttSeconds: null, synRetransmissions: 0 };
    const label = (kind: 'rst' | 'open') => connectionAxis(connection({ handshake, exchanges: [], close: { ...connection().close, kind, by: kind === 'rst' ? 'server' : null } })).marks[0]!.label;
    expect([label('rst'), label('open')]).toEqual(['SYN refused', 'No answer to the SYN']);
  });

  test('a capture that begins late says so and shows no handshake', () => {
    const axis = connectionAxis(connection({ handshake: null }));
    expect(axis.marks[0]).toMatchObject({ kind: 'torn', start: 0, frames: [1] });
    expect(axis.marks.some(({ kind }) => kind === 'handshake')).toBe(false);
  });

  test('an open end is no close', () => {
    const close = { ...connection().close, by: null, kind: 'open' as const, frame: null, time: null };
    delete (close as Partial<typeof close>).otherFin;
    const axis = connectionAxis(connection({ close }));
    expect(axis.marks.at(-1)).toMatchObject({ kind: 'torn', label: 'Still open at the end of the capture' });
    expect(axis.end).toBeCloseTo(75.1);
  });

  test('a request without an answer waits until the close', () => {
    const report = connection({ exchanges: [exchangeReport({ request: requestReport({ time: 101, endTime: 101 }), response: null })] });
    expect(connectionAxis(report).marks.find(({ kind }) => kind === 'wait')).toMatchObject({ start: 1, end: 75, label: 'No answer for 1 min 14 s', frames: [] });
  });

  test('a body that stopped is not called idle', () => {
    const half = exchangeReport({ request: null, response: responseReport({ time: 101, endTime: 102, complete: false }) });
    expect(connectionAxis(connection({ exchanges: [half] })).marks.find(({ kind, start }) => kind === 'idle' && start === 2)?.label).toBe('Response not complete, nothing of it for 1 min 13 s');
  });

  test('repeated SYNs make the opening last until the first byte', () => {
    const handshake = { synFrame: 1, synAckFrame: 2, rttSeconds: 0.01, synRetransmissions: 2 };
    const report = connection({ handshake, exchanges: [exchange(0, 103.02)] });
    expect(connectionAxis(report).marks[0]).toMatchObject({ kind: 'handshake', start: 0, label: 'Opens 10 ms, SYN sent 3 times' });
    expect(connectionAxis(report).marks[0]!.end).toBeCloseTo(3.02);
  });

  test('pipelined requests overlap and leave no idle time between them', () => {
    const axis = connectionAxis(connection({ exchanges: [exchange(0, 100.01), exchange(1, 100.02)] }));
    expect(axis.marks.filter(({ kind, start }) => kind === 'idle' && start < 1).map(({ start }) => start)).toEqual([0.05]);
  });

  test('of many exchanges those between are one mark, and never called idle', () => {
    const report = connection({ exchanges: Array.from({ length: 50 }, (_, i) => exchange(i, 100.01 + i)) });
    const { marks } = connectionAxis(report, { timeWait: null, maxExchanges: 4 });
    expect(marks.filter(({ kind }) => kind === 'request').map(({ exchange }) => exchange)).toEqual([0, 1, 2, 49]);
    expect(marks.find(({ kind }) => kind === 'other')).toMatchObject({ label: '46 exchanges, not drawn one by one', start: 2.04, end: 49.01 });
  });

  test('times that meet leave no idle time of a rounding error', () => {
    // 100.01 - 100 is 0.010000000000005116.
    expect(connectionAxis(connection()).marks.filter(({ kind, start, end }) => kind === 'idle' && end - start < 1)).toEqual([]);
  });

  test('zero windows, gaps and what is no HTTP have their marks', () => {
    const report = otherConnection(1, 'tls', {
      startedAt: 100,
      endedAt: 160,
      zeroWindows: [{ from: 'client', startFrame: 7, time: 110, endFrame: 9, seconds: 2 }],
      gaps: [{ from: 'server', bytes: 1460, frame: 8, time: 111 }],
      close: { ...connectionReport().close, time: 160 },
    });
    const all = connectionAxis(report).marks;
    expect(all.map(({ kind }) => kind)).toEqual(['handshake', 'other', 'zero-window', 'gap', 'fin']);
    expect(all[2]).toMatchObject({ start: 10, end: 12, side: 'client', label: 'Window of the client zero for 2 s' });
  });
});
