import type { ResultStore } from '../store/result-store.ts';

/** Clients' names told apart; the kinds of further ones are the same. So a kind fits the 53 bits of a whole number. */
const MOST_AGENTS = 127;

/**
 * Kinds of exchanges: the client's name, method, path without its digits and query, status. A client does with one what
 * it does with the next of its kind; another program on the same host may not.
 */
export class RequestKinds {
  private readonly store: ResultStore;
  private readonly agents = new Map<number, number>();
  private lastAgent = -1;
  private lastAgentNumber = 0;

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** A number that two exchanges share when they are of one kind. */
  kind(exchange: number): number {
    const { connections, exchanges } = this.store;
    const signs = connections.signsId.get(exchanges.connection.get(exchange));
    return this.kindOf(signs, exchanges.target.get(exchange), exchanges.status.get(exchange), exchanges.method.get(exchange));
  }

  /** That of an exchange on a connection with these signs. */
  kindOf(signs: number, target: number, status: number, method: number): number {
    const { connections, strings } = this.store;
    const of = (strings.pathShape(target) * 1024 + status) * 64 + (method & 63);
    return of * (MOST_AGENTS + 1) + this.agentNumber(connections.signs.clientAgent(signs));
  }

  /** Small numbers for names. */
  private agentNumber(agent: number): number {
    if (agent === this.lastAgent) return this.lastAgentNumber;
    let number = this.agents.get(agent);
    if (number === undefined) {
      number = Math.min(this.agents.size, MOST_AGENTS);
      if (number < MOST_AGENTS) this.agents.set(agent, number);
    }
    this.lastAgent = agent;
    return (this.lastAgentNumber = number);
  }
}
