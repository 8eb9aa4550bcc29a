import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import * as v from 'valibot';
import type { SessionThread } from '../../main/analysis/analysis-host.ts';
import { serveSession } from '../../main/analysis/session-server.ts';
import type { Platform } from '../../main/platform/platform.ts';
import type { Services } from '../../main/services/services.ts';
import { createServices } from '../../main/services/services.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import { requests } from '../../shared/rpc/contract.ts';
import type { RequestName, RequestParams, RequestResult } from '../../shared/rpc/contract.ts';

/** An analysis in the test's own thread, all that is said going through ports as to a worker. */
export function threadHere(): SessionThread {
  const { port1, port2 } = new MessageChannel();
  serveSession(port2);
  return {
    post: (message) => port1.postMessage(message),
    listen: (message) => void port1.on('message', message),
    terminate: () => port1.close(),
  };
}

/** The services as a shell has them: called directly, parameters checked as the server checks them. */
export class TestServices {
  readonly folder = mkdtempSync(join(tmpdir(), 'drainspotter-services-'));
  readonly faults: unknown[] = [];
  readonly shown: { path: string; frame: number }[] = [];
  /** Files that a page has sent, as the next upload. */
  uploaded: { path: string; name: string }[] = [];
  private services: Services | null = null;
  private readonly startThread: () => SessionThread;
  private saved = 0;

  constructor(startThread: () => SessionThread = threadHere) {
    this.startThread = startThread;
  }

  async start(): Promise<void> {
    this.services = await createServices(this.platform(), (message, error) => this.faults.push([message, error]), this.startThread);
  }

  async stop(): Promise<void> {
    await this.services?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>, signal = new AbortController().signal): Promise<RequestResult<N>> {
    const handler = this.services!.handlers.requests[name] as (params: unknown, call: { signal: AbortSignal }) => Promise<RequestResult<N>>;
    const result = await handler(v.parse(requests[name].params, params), { signal });
    // What cannot go through a frame must not be answered.
    const text = JSON.stringify(result);
    if (text.length > 1_000_000) throw new Error(`${name} answers ${text.length} characters`);
    return JSON.parse(text) as RequestResult<N>;
  }

  states(analysisId: string, signal = new AbortController().signal): AsyncIterable<AnalysisState> {
    return this.services!.handlers.streams['analysis.state']({ analysisId }, { signal });
  }

  /** Opens captures and waits until they are read and diagnosed. */
  async analysed(...paths: string[]): Promise<string> {
    const { analysisId } = await this.request('analysis.open', { source: { kind: 'paths', paths } });
    await this.settled(analysisId);
    return analysisId;
  }

  async settled(analysisId: string): Promise<AnalysisState> {
    for await (const state of this.states(analysisId)) if (state.phase === 'done' || state.phase === 'failed') return state;
    throw new Error('the states ended before the analysis did');
  }

  /** What a save wrote. */
  read(path: string): Buffer {
    return readFileSync(path);
  }

  private platform(): Platform {
    return {
      shell: 'browser',
      nativeDialogs: false,
      dataFolder: join(this.folder, 'data'),
      samplesFolder: join(import.meta.dirname, '../../resources/samples'),
      folders: [],
      openAtStart: [],
      permittedPath: (path) => Promise.resolve(path),
      uploadedFiles: () => (this.uploaded.length === 0 ? Promise.reject(new Error('no uploads here')) : Promise.resolve(this.uploaded)),
      forgetUpload: () => Promise.resolve(),
      chooseCaptures: () => Promise.resolve([]),
      saveTarget: (name) => {
        const path = join(this.folder, `saved-${this.saved++}-${name}`);
        return Promise.resolve({
          path,
          finish: () => Promise.resolve({ path, download: null }),
          discard: () => {
            if (existsSync(path)) rmSync(path);
            return Promise.resolve();
          },
        });
      },
      wireshark: () => Promise.resolve('/usr/bin/wireshark'),
      openInWireshark: (path, frame) => {
        this.shown.push({ path, frame });
        return Promise.resolve();
      },
      reveal: () => Promise.resolve(),
      noteRecent: () => undefined,
      onOpen: () => () => undefined,
      onCommand: () => () => undefined,
    };
  }
}
