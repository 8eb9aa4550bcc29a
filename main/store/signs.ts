import { PairTable } from './pair-table.ts';

/**
 * What tells the software at both ends of a connection, by small ids, since most connections of a capture say the same:
 * string ids, 0 where nothing was seen, and what the Keep-Alive fields of the responses promised. Id 0 is of none of it.
 */
export class Signs {
  /** A pair of string ids for each end, the server's paired with its promise, and a pair of both ends. */
  private readonly pairs = new PairTable();
  /** What was asked last, id, agent and order, and its answer: the next connection nearly always says the same. Nothing asks for the id -1. */
  private readonly lastClient = new Int32Array(4);
  private readonly lastServer = new Int32Array(4);
  private readonly lastPromise = Int32Array.of(-1, 0, 0, 0);

  /** The id with the client's part replaced. */
  withClient(id: number, agent: number, headerOrder: number): number {
    const last = this.lastClient;
    if (last[0] !== id || last[1] !== agent || last[2] !== headerOrder) {
      remember(last, id, agent, headerOrder, this.pairs.intern(this.pairs.intern(agent, headerOrder), this.pairs.second(id)));
    }
    return last[3]!;
  }

  withServer(id: number, agent: number, headerOrder: number): number {
    const last = this.lastServer;
    if (last[0] !== id || last[1] !== agent || last[2] !== headerOrder) {
      remember(last, id, agent, headerOrder, this.withSecond(id, this.pairs.intern(this.pairs.intern(agent, headerOrder), this.promise(id))));
    }
    return last[3]!;
  }

  /** What the last Keep-Alive field said: `timeout=`, -1 for nothing new; whether any had `max=`. */
  withKeepAlive(id: number, timeout: number, hasMax: boolean): number {
    const last = this.lastPromise;
    if (last[0] !== id || last[1] !== timeout || last[2] !== Number(hasMax)) {
      const before = this.promise(id);
      const promise = (timeout < 0 ? before & TIMEOUT : Math.min(timeout, MAX_TIMEOUT) + 1) | (hasMax ? HAS_MAX : before & HAS_MAX);
      remember(last, id, timeout, Number(hasMax), this.withSecond(id, this.pairs.intern(this.server(id), promise)));
    }
    return last[3]!;
  }

  clientAgent(id: number): number {
    return this.pairs.first(this.pairs.first(id));
  }

  clientHeaderOrder(id: number): number {
    return this.pairs.second(this.pairs.first(id));
  }

  serverAgent(id: number): number {
    return this.pairs.first(this.server(id));
  }

  serverHeaderOrder(id: number): number {
    return this.pairs.second(this.server(id));
  }

  /** Seconds of the last `Keep-Alive: timeout=` and one; 0 where there was none. */
  keepAliveTimeout(id: number): number {
    return this.promise(id) & TIMEOUT;
  }

  /** Whether a Keep-Alive field said `max=`: how many requests the connection still has. */
  keepAliveCounts(id: number): boolean {
    return (this.promise(id) & HAS_MAX) !== 0;
  }

  private server(id: number): number {
    return this.pairs.first(this.pairs.second(id));
  }

  private promise(id: number): number {
    return this.pairs.second(this.pairs.second(id));
  }

  private withSecond(id: number, second: number): number {
    return this.pairs.intern(this.pairs.first(id), second);
  }
}

const TIMEOUT = 0xffff;
const MAX_TIMEOUT = 0xfffe;
const HAS_MAX = 0x1_0000;

/** By single stores: `set` with a list is a call and an object, and connections of two kinds may come in turn. */
function remember(last: Int32Array, id: number, first: number, second: number, answer: number): void {
  last[0] = id;
  last[1] = first;
  last[2] = second;
  last[3] = answer;
}
