import type { Channel } from '../../shared/rpc/channel.ts';

/** What Node's MessagePort and Electron's MessagePortMain share. */
export interface NodePort {
  postMessage(message: string): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** A channel over a message port; Electron wraps what arrives in an event with `data`. */
export function messagePortChannel(port: NodePort): Channel {
  let closed: ((reason: string) => void) | null = null;
  const end = (reason: string) => {
    const tell = closed;
    closed = null;
    tell?.(reason);
  };
  return {
    send: (text) => port.postMessage(text),
    close(reason = 'closed') {
      port.close();
      end(reason);
    },
    listen(onText, onClose) {
      closed = onClose;
      port.on('message', (message) => {
        const data = isEvent(message) ? message.data : message;
        if (closed === null) return;
        if (typeof data === 'string') onText(data);
        else this.close('bad-frame');
      });
      port.on('close', () => end('closed'));
      port.start();
    },
  };
}

function isEvent(message: unknown): message is { data: unknown } {
  return typeof message === 'object' && message !== null && 'data' in message;
}
