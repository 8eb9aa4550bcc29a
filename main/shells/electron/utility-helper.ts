import { utilityProcess } from 'electron';
import type { FromHelper } from '../../capture/capture-protocol.ts';
import type { StartHelper } from '../../capture/live-source.ts';

/** Starts the capture helper as a utility process: Electron's own program cannot be run as Node in a package. */
export function utilityHelper(entry: string): StartHelper {
  return () => {
    const child = utilityProcess.fork(entry, [], { serviceName: 'Drainspotter capture', stdio: 'ignore' });
    return {
      send: (message) => child.postMessage(message),
      listen: (take, gone) => {
        child.on('message', (message) => take(message as FromHelper));
        child.once('exit', (code) => gone(`exit code ${code}`));
      },
      kill: () => void child.kill(),
    };
  };
}
