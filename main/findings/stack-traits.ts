/** What the rules ask of a recognised stack. */
export interface StackTraits {
  readonly id: string;
  readonly name: string;
  readonly confidence: 'certain' | 'likely' | 'possible';
  /** Clients: whether a small body that is closed unread ends the connection with a FIN; null where not known. */
  readonly closesUndrained: boolean | null;
  /** Clients: bytes of head and body that are read ahead of the program, null where not known. */
  readonly readBufferBytes: number | null;
  /** Clients: when idle connections are closed by default. */
  readonly idleClose: { readonly minSeconds: number; readonly maxSeconds: number } | null;
  /** Clients: the least idle time after which the next request closes them. */
  readonly expiresSeconds: number | null;
  /** Clients: whether that is by RST. */
  readonly closesWithReset: boolean;
  /** Servers: default idle timeout; where the ends lie far apart, one of two. */
  readonly idleTimeout: { readonly minSeconds: number; readonly maxSeconds: number } | null;
}
