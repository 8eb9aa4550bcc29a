import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import { messagePortChannel } from '../../main/rpc/message-port-transport.ts';
import { webSocketChannel } from '../../main/rpc/web-socket-transport.ts';
import type { Channel } from '../../shared/rpc/channel.ts';
import { MAX_FRAME_BYTES } from '../../shared/rpc/frames.ts';

/** Two ends of one channel. */
export interface Pair {
  readonly server: Channel;
  readonly client: Channel;
  /** Sends text as it is, past the client's own checks. */
  raw(text: string): void;
  end(): Promise<void>;
}

export const PAIRS: Record<string, () => Promise<Pair>> = {
  'a message port': () => {
    const { port1, port2 } = new MessageChannel();
    return Promise.resolve({
      server: messagePortChannel(port1),
      client: messagePortChannel(port2),
      raw: (text) => port2.postMessage(text),
      end: () => {
        port2.close();
        return Promise.resolve();
      },
    });
  },
  'a WebSocket': async () => {
    const http = createServer();
    const sockets = new WebSocketServer({ server: http, maxPayload: MAX_FRAME_BYTES });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise<WebSocket>((resolve) => sockets.once('connection', resolve));
    const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    const server = webSocketChannel(await accepted);
    await new Promise((resolve) => socket.once('open', resolve));
    return {
      server,
      client: webSocketChannel(socket),
      raw: (text) => socket.send(text),
      end: () => {
        for (const client of sockets.clients) client.terminate();
        return new Promise((resolve) => http.close(() => resolve()));
      },
    };
  },
};
