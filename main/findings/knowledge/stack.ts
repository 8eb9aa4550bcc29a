/*
 * The shape of stacks.json: what is known of each HTTP client, server, load balancer and operating system. A field that
 * is absent is not known or, for limits, not limited by default. Times are seconds unless the name says otherwise.
 * Numbers are the defaults of current releases; what changed with a release stands in `defaults` and `unread`.
 */

export interface Stack {
  /** Stable, kebab-case; what a report's `clientStack.id` and `serverStack.id` hold. */
  readonly id: string;
  readonly name: string;
  readonly role: 'client' | 'server' | 'load-balancer' | 'os';
  readonly recognise: Recognise;
  /** Present for role client. */
  readonly client?: ClientFacts;
  /** Present for the roles server and load-balancer. */
  readonly server?: ServerFacts;
  /** Present for role os. */
  readonly os?: SystemFacts;
  /** What it does with a body that its program leaves unread: of the response for clients, of the request for servers. */
  readonly unread?: Unread;
  /** What to do about reuse with this stack, in a sentence. */
  readonly advice: string;
  /** What it retries by itself. */
  readonly retry?: string;
  readonly defaults: readonly Default[];
}

export interface Recognise {
  /** Regular expression over the whole User-Agent, case-sensitive. */
  readonly userAgent?: string;
  /** The same over the Server field. */
  readonly server?: string;
  /** Field names as the stack spells them, in this order relative to each other; a program's own fields may stand between. */
  readonly headerOrder?: readonly string[];
  /** The first of `headerOrder` opens the head. */
  readonly opens?: boolean;
  /** `headerOrder` alone tells the stack: nothing else known writes it so. */
  readonly distinctive?: boolean;
  /** Further signs, in words. */
  readonly signs?: readonly string[];
}

export interface ClientFacts {
  /** From the end of a response to the client's FIN. `lazy`: looked at only when the next request comes, so there is no upper end. */
  readonly idleCloseSeconds?: { readonly min: number; readonly max: number | null; readonly kind: 'timer' | 'lazy' };
  /** Seconds of idle before the first TCP keep-alive probe (which is also the spacing on a healthy connection), then between unanswered ones, and how many of those. */
  readonly keepAliveProbe?: { readonly first: readonly number[]; readonly interval: number | null; readonly count: number | null };
  /** Idle connections kept per host, and in all; what is over is closed. */
  readonly poolIdlePerHost?: number;
  readonly poolIdleTotal?: number;
  /** Connections open at once per host, and in all; what is over waits. */
  readonly poolLimitPerHost?: number;
  readonly poolLimitTotal?: number;
  readonly maxRequestsPerConnection?: number;
  readonly maxAgeSeconds?: number;
  /** When the program closes a body early, the client reads on up to these limits (null: without) and keeps the connection. */
  readonly drainsOnClose?: { readonly bytes: number | null; readonly milliseconds: number | null; readonly since: string | null };
  /**
   * Whether a small body that arrived whole and is closed unread ends the connection with a FIN. `true` only where a FIN
   * right after a small response hardly ever means anything else; `false` where it cannot mean that.
   */
  readonly closesUndrainedSmallWithFin?: boolean;
  /** Bytes of head and body the client reads ahead of its program. */
  readonly userSpaceBufferBytes?: number;
  /** It obeys the server's `Keep-Alive: timeout=N`, as N minus this. */
  readonly keepAliveHint?: { readonly subtractSeconds: number; readonly since: string | null };
  /** It closes drained connections with RST (SO_LINGER 0) on purpose. */
  readonly closesWithReset?: boolean;
}

export interface ServerFacts {
  /** From the end of a response to the server's FIN, as seen on the wire. */
  readonly idleTimeoutSeconds?: { readonly min: number; readonly max: number };
  /** It announces `Keep-Alive: timeout=N` and closes this much after N. */
  readonly afterHintSeconds?: number;
  /** For a request to arrive whole. */
  readonly requestTimeoutSeconds?: number;
  readonly maxRequests?: number;
  readonly maxAgeSeconds?: number;
  /** Of a request body its handler left unread, it reads on up to this much to keep the connection. */
  readonly drainsRequestBytes?: number;
  /** After its FIN it goes on reading for so long, so that its response is not destroyed by a RST (RFC 9112 section 9.6). */
  readonly lingeringCloseSeconds?: number;
  readonly keepAliveProbe?: { readonly first: readonly number[]; readonly interval: number | null; readonly count: number | null };
  /** It forgets an idle connection without a FIN or RST. */
  readonly dropsSilently?: boolean;
}

export interface SystemFacts {
  /** Ephemeral ports, both ends included. */
  readonly firstPort: number;
  readonly lastPort: number;
  readonly timeWaitSeconds: number;
}

export interface Unread {
  readonly behaviour: string;
  readonly wire?: string;
  readonly limits?: string;
  readonly source?: string;
}

export interface Default {
  readonly setting: string;
  readonly value: string;
  /** The release that brought it. */
  readonly since?: string;
  /** Documentation or source file. */
  readonly source: string;
}
