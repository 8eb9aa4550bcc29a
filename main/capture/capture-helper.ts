import { version } from '../../package.json' with { type: 'json' };
import type { BackendName, CaptureOptions } from '../../shared/model/capture.ts';
import { AppError } from '../app-error.ts';
import { CapSource, type CapDevice } from './cap-source.ts';
import { captureError, findProgram } from './capture-programs.ts';
import type { CaptureErrorCode, FromHelper, ToHelper } from './capture-protocol.ts';
import { CaptureSession } from './capture-session.ts';
import type { PacketSource } from './packet-source.ts';
import { ProgramSource } from './program-source.ts';

/*
 * The entry of the capture helper, a process of its own: it loads native code, and may be given rights that no window
 * or server has. It is spoken to by process messages (child_process.fork, or Electron's utilityProcess), and ends with
 * its capture or with whoever started it.
 */

interface Port {
  send(message: FromHelper): void;
  listen(take: (message: ToHelper) => void, gone: () => void): void;
}

let session: CaptureSession | null = null;
let stopped = false;
const port = portOf();

port.listen(
  (message) => void take(message),
  () => stop(),
);
// Ctrl-C on a terminal reaches every process of the group; when to stop is said by message.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => stop());

async function take(message: ToHelper): Promise<void> {
  switch (message.type) {
    case 'start':
      await start(message.backend, message.path, message.options);
      return end();
    case 'probe':
      port.send({ type: 'probed', error: await probe(message.interface, message.filter) });
      return end();
    case 'passed':
      return session?.passedBy(message.number);
    case 'stop':
      return stop();
  }
}

async function start(backend: BackendName, path: string, options: CaptureOptions): Promise<void> {
  try {
    const sources = await Promise.all(options.interfaces.map((device) => openSource(backend, device, options)));
    session = new CaptureSession(sources, options, (message) => port.send(message));
  } catch (error) {
    const totals = { packets: 0, bytes: 0, droppedBySystem: null, droppedByInterface: null };
    port.send({ type: 'failed', ...wordsOf(error), totals });
    return;
  }
  const running = session.run(path, `drainspotter ${version}`);
  if (stopped) session.stop();
  await running;
}

async function openSource(backend: BackendName, device: string, options: CaptureOptions): Promise<PacketSource> {
  if (backend === 'cap') return new CapSource(await loadCap(), device, options);
  const program = await findProgram(backend);
  if (program === null) throw captureError('backend-missing', `${backend} is not installed here`);
  return new ProgramSource(backend, program, device, options);
}

async function probe(device: string, filter: string): Promise<{ code: CaptureErrorCode; message: string } | null> {
  const options: CaptureOptions = { interfaces: [device], filter, snapLength: 0, promiscuous: false, bufferMegabytes: 1, immediate: false, seconds: null, packets: null, bytes: null, ring: null };
  try {
    const cap = await loadCap();
    await new CapSource(cap, device, options).open();
    cap.close();
    return null;
  } catch (error) {
    return wordsOf(error);
  }
}

async function loadCap(): Promise<CapDevice> {
  try {
    const { default: addon } = await import('cap');
    return new addon.Cap();
  } catch {
    throw captureError('backend-missing', 'the package cap is not built here (it needs libpcap and a compiler when it is installed)');
  }
}

function wordsOf(error: unknown): { code: CaptureErrorCode; message: string } {
  if (error instanceof AppError) return { code: error.code as CaptureErrorCode, message: error.message };
  return { code: 'backend-failed', message: error instanceof Error ? error.message : String(error) };
}

function stop(): void {
  stopped = true;
  session?.stop();
}

/** Leaves the channel, so that the process ends once all is written. */
function end(): void {
  if (process.connected) process.disconnect();
  else process.exit(0);
}

function portOf(): Port {
  const utility = (process as { parentPort?: UtilityPort }).parentPort;
  if (utility !== undefined) {
    return { send: (message) => utility.postMessage(message), listen: (listener) => utility.on('message', ({ data }) => listener(data as ToHelper)) };
  }
  return {
    // Whoever asked may be gone; the file matters more.
    send: (message) => void (process.connected && process.send?.(message, undefined, undefined, () => undefined)),
    listen: (listener, gone) => {
      process.on('message', (message) => listener(message as ToHelper));
      process.on('disconnect', gone);
    },
  };
}

/** Of Electron's utility processes. */
interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}
