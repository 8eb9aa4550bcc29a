/** Text frames to and from the other side, in order: what a MessagePort and a WebSocket have in common. */
export interface Channel {
  send(text: string): void;
  /** Ends it on both sides; `reason` is for logs. */
  close(reason?: string): void;
  /** To be called once, before anything can arrive. `onClose` comes once, whoever closed. */
  listen(onText: (text: string) => void, onClose: (reason: string) => void): void;
}
