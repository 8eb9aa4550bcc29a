import { describe, expect, it } from 'vitest';
import { conversation, type Conversation } from '../../kit/conversation.ts';
import { merge } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';

/** Four connections with an exchange each, which the server closes after five idle seconds; then what `rest` says, and a minute. */
async function closeWait(rest: (talk: Conversation) => void): Promise<unknown[]> {
  const talks = [0, 1, 2, 3].map((i) => {
    const talk = conversation({ client: `10.0.0.1:${40_000 + i}`, start: i * 0.1 }).handshake();
    talk.client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok').ack('client').wait(5).fin('server');
    rest(talk);
    return talk.packets;
  });
  const last = conversation({ client: '10.0.0.9:50000', start: 70 }).handshake().packets;
  return (await reportOf(merge(...talks, last))).findings().filter(({ rule }) => rule === 'close-wait').map(({ connections }) => connections);
}

describe('a FIN that was sent again and never acknowledged', () => {
  it('leaves no socket in CLOSE_WAIT: the client never had it', async () => {
    expect(await closeWait((talk) => talk.wait(0.2).retransmit().wait(0.4).retransmit())).toEqual([]);
  });

  it('does where the client acknowledged it in the end', async () => {
    expect(await closeWait((talk) => talk.wait(0.2).retransmit().ack('client'))).toEqual([[1, 2, 3, 4]]);
    expect(await closeWait((talk) => talk.ack('client'))).toEqual([[1, 2, 3, 4]]);
  });
});
