import type { WebSocket } from 'ws';
import type { Channel } from '../../shared/rpc/channel.ts';

/** RFC 6455, section 7.4.1: the message violates the endpoint's policy. */
const POLICY_VIOLATION = 1008;
/** A page that does not read is cut off, instead of its answers filling the memory. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;

/** A channel over a WebSocket that is open. The server limits the size of what comes (`maxPayload`). */
export function webSocketChannel(socket: WebSocket): Channel {
  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.terminate();
      else socket.send(text);
    },
    close(reason = 'closed') {
      socket.close(POLICY_VIOLATION, reason);
    },
    listen(onText, onClose) {
      let open = true;
      socket.on('message', (data: Buffer, isBinary) => {
        if (!open || socket.readyState !== socket.OPEN) return;
        if (isBinary) this.close('bad-frame');
        else onText(data.toString('utf8'));
      });
      // `close` follows; without a listener the process would end.
      socket.on('error', () => undefined);
      socket.on('close', (code) => {
        open = false;
        onClose(String(code));
      });
    },
  };
}
