import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../main/app-error.ts';
import { serveRpc } from '../../main/rpc/rpc-server.ts';
import type { Handlers } from '../../main/services/handlers.ts';
import { RpcClient } from '../../renderer/rpc/rpc-client.ts';
import type { Settings } from '../../shared/model/app.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { RpcFailure } from '../../shared/rpc/api.ts';
import { requests, streams } from '../../shared/rpc/contract.ts';
import { MAX_FRAME_BYTES } from '../../shared/rpc/frames.ts';
import { fakeHandlers } from '../kit/fake-handlers.ts';
import type { Pair } from '../kit/rpc-pairs.ts';
import { PAIRS } from '../kit/rpc-pairs.ts';

const SETTINGS: Settings = { theme: 'dark', columns: [], portBudget: 28_232, redact: true };
const STATE = { analysisId: 'a', packets: 1 } as AnalysisState;

describe.each(Object.keys(PAIRS))('RPC over %s', (transport) => {
  let pair: Pair;
  let client: RpcClient;
  let logged: [string, unknown][];
  let lost: Promise<void>;

  beforeEach(async () => {
    pair = await PAIRS[transport]!();
    client = new RpcClient();
    logged = [];
  });
  afterEach(() => pair.end());

  function serve(given: Parameters<typeof fakeHandlers>[0]): void {
    serveRpc(pair.server, fakeHandlers(given), { log: (message, error) => logged.push([message, error]) });
    lost = new Promise((resolve) => client.attach(pair.client, resolve));
  }

  /** A call by any name and parameters, past the types. */
  const call = (name: string, params: unknown) => client.request(name as 'app.info', params as never).then(() => expect.unreachable(), (failure: RpcFailure) => failure);

  it('answers requests with what their handlers give, each its own', async () => {
    serve({ requests: { 'settings.get': () => SETTINGS, 'files.forget': ({ path }) => Promise.resolve([{ path } as never]) } });
    const [settings, one, two] = await Promise.all([client.request('settings.get', {}), client.request('files.forget', { path: '/a' }), client.request('files.forget', { path: '/ü€𝄞' })]);
    expect(settings).toEqual(SETTINGS);
    expect([one, two]).toEqual([[{ path: '/a' }], [{ path: '/ü€𝄞' }]]);
  });

  it('gives handlers checked parameters, with their defaults', async () => {
    let given: unknown;
    serve({ requests: { 'results.overview': (params) => ((given = params), null as never) } });
    expect(await client.request('results.overview', { analysisId: 'a' })).toBe(null);
    expect(given).toMatchObject({ analysisId: 'a', query: '' });
  });

  it.each([
    ['no parameters', undefined],
    ['a wrong type', { path: 1 }],
    ['a field that is too long', { path: 'x'.repeat(4097) }],
    ['a field that nobody knows', { path: '/a', shell: 'rm' }],
    ['__proto__ as a field', JSON.parse('{"path":"/a","__proto__":{"redact":false}}')],
    ['a list', ['/a']],
  ])('refuses %s, and does not call the handler', async (_, params) => {
    let calls = 0;
    serve({ requests: { 'files.forget': () => (calls++, []) } });
    expect(await call('files.forget', params)).toMatchObject({ code: 'invalid-params' });
    expect(calls).toBe(0);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'analysis.state', '', 'app', 'x'.repeat(100_000)])('knows no request named %.20s', async (name) => {
    serve({});
    expect(await call(name, {})).toMatchObject({ code: 'unknown-method' });
    expect(logged).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'app.info'])('knows no stream named %s', async (name) => {
    serve({});
    await expect(client.subscribe(name as 'app.open', {}).next()).rejects.toMatchObject({ code: 'unknown-method' });
  });

  it('tells the code and words of an AppError, and only that of anything else', async () => {
    serve({
      requests: {
        'app.info': () => Promise.reject(new AppError('file-not-found', 'web.pcap: no such file')),
        'settings.get': () => {
          throw new TypeError('/home/someone/secret is undefined');
        },
      },
    });
    expect(await call('app.info', {})).toMatchObject({ code: 'file-not-found', message: 'web.pcap: no such file' });
    const failure = await call('settings.get', {});
    expect(failure.code).toBe('internal');
    expect(JSON.stringify(failure) + failure.message).not.toContain('secret');
    expect(logged).toEqual([['settings.get failed', expect.any(TypeError)]]);
  });

  it('refuses an answer that no frame can hold, and goes on', async () => {
    serve({ requests: { 'files.recent': () => [{ path: 'x'.repeat(MAX_FRAME_BYTES) } as never], 'settings.get': () => SETTINGS } });
    expect(await call('files.recent', {})).toMatchObject({ code: 'answer-too-large' });
    expect(await client.request('settings.get', {})).toEqual(SETTINGS);
  });

  it('asks for nothing that no frame can hold', async () => {
    serve({});
    expect(await call('files.forget', { path: '€'.repeat(MAX_FRAME_BYTES / 3) })).toMatchObject({ code: 'request-too-large' });
  });

  it('passes on that a call is stopped, and forgets its answer', async () => {
    let seen: AbortSignal | undefined;
    let answer = (_: Settings): void => undefined;
    serve({ requests: { 'settings.get': (_, { signal }) => ((seen = signal), new Promise((resolve) => (answer = resolve))), 'app.info': () => null as never } });
    const stop = new AbortController();
    const failed = client.request('settings.get', {}, stop.signal).then(() => expect.unreachable(), (failure: RpcFailure) => failure);
    await client.request('app.info', {});
    expect(seen?.aborted).toBe(false);
    stop.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    await client.request('app.info', {});
    expect(seen?.aborted).toBe(true);
    answer(SETTINGS);
    await client.request('app.info', {});
    expect(logged).toEqual([]);
  });

  it('does not send a call that was stopped before', async () => {
    serve({});
    await expect(client.request('settings.get', {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    await expect(client.subscribe('app.open', {}, AbortSignal.abort()).next()).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives the items of a stream in order, and its end', async () => {
    serve({
      streams: {
        'analysis.state': async function* () {
          for (let packets = 0; packets < 100; packets++) yield { ...STATE, packets };
        },
      },
    });
    const packets: number[] = [];
    for await (const state of client.subscribe('analysis.state', { analysisId: 'a' })) packets.push(state.packets);
    expect(packets).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('makes no more items than the page has asked for', async () => {
    let made = 0;
    serve({
      streams: {
        'analysis.state': async function* () {
          for (;;) yield { ...STATE, packets: made++ };
        },
      },
      requests: { 'app.info': () => null as never },
    });
    const items = client.subscribe('analysis.state', { analysisId: 'a' });
    expect((await items.next()).value).toMatchObject({ packets: 0 });
    for (let i = 0; i < 20; i++) await client.request('app.info', {});
    expect(made).toBe(16);
    for (let i = 0; i < 40; i++) await items.next();
    for (let i = 0; i < 20; i++) await client.request('app.info', {});
    expect(made).toBeLessThanOrEqual(41 + 16);
    await items.return();
  });

  it('ends a stream on the other side when the page leaves it, also while it has nothing to say', async () => {
    let seen: AbortSignal | undefined;
    let ended = false;
    serve({
      streams: {
        'app.command': async function* (_, { signal }) {
          seen = signal;
          try {
            yield { command: 'one' };
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
          } finally {
            ended = true;
          }
        },
      },
      requests: { 'app.info': () => null as never },
    });
    for await (const { command } of client.subscribe('app.command', {})) {
      expect(command).toBe('one');
      break;
    }
    await client.request('app.info', {});
    expect(seen?.aborted).toBe(true);
    await client.request('app.info', {});
    expect(ended).toBe(true);
    expect(logged).toEqual([]);
  });

  it('stops a stream by its signal, and fails it with a reason', async () => {
    serve({
      streams: {
        'app.command': async function* () {
          yield { command: 'one' };
          await new Promise(() => undefined);
        },
      },
    });
    const stop = new AbortController();
    const items = client.subscribe('app.command', {}, stop.signal);
    await items.next();
    const next = items.next();
    stop.abort();
    await expect(next).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives the items that came before a stream failed', async () => {
    serve({
      streams: {
        'app.command': async function* () {
          yield { command: 'one' };
          throw new AppError('gone', 'it is gone');
        },
      },
    });
    const items = client.subscribe('app.command', {});
    expect((await items.next()).value).toEqual({ command: 'one' });
    await expect(items.next()).rejects.toMatchObject({ code: 'gone', message: 'it is gone' });
  });

  it('stops everything of a page that goes away', async () => {
    const signals: AbortSignal[] = [];
    const wait = () => new Promise<never>(() => undefined);
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    serve({
      requests: { 'settings.get': (_, { signal }) => (signals.push(signal), wait()) },
      streams: {
        'app.command': async function* (_, { signal }) {
          signals.push(signal);
          started();
          yield await wait();
        },
      },
    });
    const failures = Promise.all([call('settings.get', {}), client.subscribe('app.command', {}).next().then(() => expect.unreachable(), (failure: RpcFailure) => failure)]);
    await running;
    pair.client.close();
    expect((await failures).map(({ code }) => code)).toEqual(['disconnected', 'disconnected']);
    await lost;
    await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(await call('settings.get', {})).toMatchObject({ code: 'disconnected' });
  });

  it('lets calls wait for the first channel', async () => {
    const early = client.request('settings.get', {});
    serve({ requests: { 'settings.get': () => SETTINGS } });
    expect(await early).toEqual(SETTINGS);
  });

  it('runs a number of calls at once, and refuses more', async () => {
    serve({ requests: { 'settings.get': () => new Promise(() => undefined), 'app.info': () => null as never } });
    const stops = Array.from({ length: 256 }, () => new AbortController());
    const waiting = stops.map(({ signal }) => client.request('settings.get', {}, signal).catch(() => null));
    expect(await call('settings.get', {})).toMatchObject({ code: 'too-many-calls' });
    for (const stop of stops) stop.abort();
    await Promise.all(waiting);
    expect(await client.request('app.info', {})).toBe(null);
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['an unknown kind', '{"t":"eval","id":1}'],
    ['no id', '{"t":"req","method":"app.info","params":{}}'],
    ['an id that is no number', '{"t":"req","id":"1","method":"app.info","params":{}}'],
    ['a method that is no name', '{"t":"req","id":1,"method":{},"params":{}}'],
    ['endless credit', '{"t":"sub","id":1,"method":"app.open","params":{},"credit":1e300}'],
    ['negative credit', '{"t":"more","id":1,"credit":-5}'],
    ['an oversized frame', `{"t":"req","id":1,"method":"app.info","params":{"x":"${'x'.repeat(MAX_FRAME_BYTES)}"}}`],
  ])('cuts off a page that sends %s', async (_, text) => {
    serve({ requests: { 'app.info': () => expect.unreachable() } });
    pair.raw(text);
    await lost;
  });

  it('cuts off a page that uses an id twice at once', async () => {
    serve({ requests: { 'app.info': () => new Promise(() => undefined) } });
    pair.raw('{"t":"req","id":7,"method":"app.info","params":{}}');
    pair.raw('{"t":"req","id":7,"method":"app.info","params":{}}');
    await lost;
  });
});

describe('the contract', () => {
  it('names each method once, as "part.verb"', () => {
    const names = [...Object.keys(requests), ...Object.keys(streams)];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+\.[a-z]+(?:-[a-z]+)*$/);
  });

  it('has a type for each handler', () => {
    const handlers: Handlers = fakeHandlers({});
    expect(Object.keys(handlers.requests)).toEqual(Object.keys(requests));
  });
});
