import { fork } from 'node:child_process';
import type { BackendName, BackendState, CaptureAbility, CaptureEnd, CaptureOptions, CaptureTotals, InterfaceInfo } from '../../shared/model/capture.ts';
import { BACKENDS } from '../../shared/model/capture.ts';
import { AppError } from '../app-error.ts';
import { captureError, compileOn, findProgram } from './capture-programs.ts';
import type { FromHelper, ToHelper } from './capture-protocol.ts';

/** A capture helper that was started. */
export interface HelperProcess {
  send(message: ToHelper): void;
  /** `gone` comes once, when the process has ended. */
  listen(take: (message: FromHelper) => void, gone: (how: string) => void): void;
  kill(): void;
}

/** How a shell starts the helper: by child_process, or as a utility process. */
export type StartHelper = () => HelperProcess;

/** Starts the helper as a child of this process. @param entry its built file */
export function forkHelper(entry: string): StartHelper {
  return () => {
    const child = fork(entry, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    return {
      send: (message) => void (child.connected && child.send(message, () => undefined)),
      listen: (take, gone) => {
        child.on('message', (message) => take(message as FromHelper));
        child.once('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
        child.once('error', (error) => gone(error.message));
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
}

/** Why a backend is taken before the next one. */
const GOOD: Readonly<Record<BackendName, string>> = {
  tcpdump: 'nanosecond times, and drop counts while it captures',
  dumpcap: 'nanosecond times; drop counts at the end',
  cap: 'times by our own clock, no drop counts',
};

/**
 * Which backends can capture on this interface with this filter, the preferred first. Each is tried by opening the
 * interface, without capturing.
 */
async function tryBackends(device: string, filter: string, startHelper: StartHelper, only: BackendName | null = null): Promise<{ states: BackendState[]; failures: AppError[] }> {
  const states: BackendState[] = [];
  const failures: AppError[] = [];
  for (const name of only === null ? BACKENDS : [only]) {
    // A better one works: native code need not be loaded to know that it would, too.
    if (name === 'cap' && states.some(({ usable }) => usable)) continue;
    const error = name === 'cap' ? await probeCap(device, filter, startHelper) : await probeProgram(name, device, filter);
    states.push({ name, usable: error === null, reason: error?.message ?? GOOD[name] });
    if (error !== null) failures.push(error);
  }
  return { states, failures };
}

/**
 * The backend to capture with: the first that works, or the one that was forced.
 *
 * @throws AppError where none works: what is wrong with the filter or the interface, or how to allow capturing
 */
export async function chooseBackend(device: string, filter: string, startHelper: StartHelper, forced: BackendName | null = null): Promise<{ name: BackendName; reason: string }> {
  const { states, failures } = await tryBackends(device, filter, startHelper, forced);
  const chosen = states.find(({ usable }) => usable);
  if (chosen !== undefined) {
    const refused = states.filter(({ usable }) => !usable).map(({ reason }) => reason);
    return { name: chosen.name, reason: [forced === null ? chosen.reason : `asked for; ${chosen.reason}`, ...refused].join('; ') };
  }
  // A mistyped filter is no question of rights.
  const telling = failures.find(({ code }) => code === 'filter-invalid' || code === 'interface-not-found' || code === 'interface-down');
  if (telling !== undefined) throw telling;
  throw captureError('capture-not-permitted', `cannot capture: ${failures.map(({ message }) => message).join('; ')}. ${howToAllow()}`);
}

/** What can be captured on these interfaces, tried on the first that is up. */
export async function abilityOn(interfaces: InterfaceInfo[], startHelper: StartHelper): Promise<CaptureAbility> {
  const tried = interfaces.find(({ up }) => up);
  if (tried === undefined) return { interfaces, backends: [], how: 'No interface is up.' };
  const { states } = await tryBackends(tried.name, '', startHelper);
  return { interfaces, backends: states, how: states.some(({ usable }) => usable) ? null : howToAllow() };
}

/** How to let this person capture, in one sentence. */
function howToAllow(): string {
  switch (process.platform) {
    case 'darwin':
      return 'To allow it, install ChmodBPF (part of Wireshark), which opens the BPF devices to the group access_bpf.';
    case 'win32':
      return 'To allow it, install Npcap and Wireshark (dumpcap); where Npcap is restricted to administrators, run as one.';
    default:
      return 'To allow it, install dumpcap and join the group that may run it (Debian: apt install wireshark-common; dpkg-reconfigure wireshark-common; usermod -aG wireshark YOU; log in again), or: setcap cap_net_raw,cap_net_admin=eip /usr/bin/dumpcap';
  }
}

async function probeProgram(name: 'tcpdump' | 'dumpcap', device: string, filter: string): Promise<AppError | null> {
  const program = await findProgram(name);
  if (program === null) return captureError('backend-missing', `${name} is not installed`);
  const compiled = await compileOn(name, program, device, filter);
  return compiled instanceof AppError ? compiled : null;
}

function probeCap(device: string, filter: string, startHelper: StartHelper): Promise<AppError | null> {
  return new Promise((resolve) => {
    const helper = startHelper();
    helper.listen(
      (message) => message.type === 'probed' && resolve(message.error === null ? null : captureError(message.error.code, message.error.message)),
      (how) => resolve(captureError('helper-died', `the capture helper could not be started (${how})`)),
    );
    helper.send({ type: 'probe', interface: device, filter });
  });
}

export interface LiveListener {
  /** At most four times a second. */
  progress(totals: CaptureTotals): void;
  /** It is over: the file is complete. `error` is null where it ended as asked. */
  ended(by: CaptureEnd, totals: CaptureTotals, error: AppError | null): void;
}

/** A running live capture: a helper process that writes a capture file. */
export class LiveSource {
  /** Resolves once the file is there and packets are listened for. Rejects with an AppError. */
  readonly started: Promise<void>;
  private readonly helper: HelperProcess;
  private readonly listener: LiveListener;
  private totals: CaptureTotals = { packets: 0, bytes: 0, droppedBySystem: null, droppedByInterface: null };
  private processes: readonly number[] = [];
  private over = false;

  constructor(startHelper: StartHelper, backend: BackendName, path: string, options: CaptureOptions, listener: LiveListener) {
    this.listener = listener;
    this.helper = startHelper();
    this.started = new Promise((resolve, reject) => {
      let begun = false;
      this.helper.listen(
        (message) => {
          if (message.type === 'started') {
            begun = true;
            this.processes = message.processes;
            resolve();
          } else if (message.type === 'failed' && !begun) {
            this.over = true;
            reject(captureError(message.code, message.message));
          } else this.take(message);
        },
        (how) => {
          if (!begun) reject(captureError('helper-died', `the capture helper could not be started (${how})`));
          else this.gone(how);
        },
      );
    });
    this.helper.send({ type: 'start', backend, path, options });
  }

  /** Ends the capture; `ended` comes when the file is complete. */
  stop(): void {
    if (!this.over) this.helper.send({ type: 'stop' });
  }

  /** The files of the ring up to this number were read: those that are not to be kept may go. */
  passed(number: number): void {
    if (!this.over) this.helper.send({ type: 'passed', number });
  }

  private take(message: FromHelper): void {
    if (this.over) return;
    if (message.type === 'progress') this.listener.progress((this.totals = message.totals));
    else if (message.type === 'stopped') this.end(message.by, message.totals, null);
    else if (message.type === 'failed') this.end('failure', message.totals, captureError(message.code, message.message));
  }

  private gone(how: string): void {
    if (this.over) return;
    // Programs that capture for it notice only when they have something to write.
    for (const pid of this.processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    this.end('failure', this.totals, captureError('helper-died', `the capture helper ended (${how}); what was captured until then is in the file`));
  }

  private end(by: CaptureEnd, totals: CaptureTotals, error: AppError | null): void {
    this.over = true;
    this.listener.ended(by, totals, error);
  }
}
