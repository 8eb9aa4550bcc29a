/** The part of the package `cap` (native, optional) that is used. */
declare module 'cap' {
  export class Cap {
    /** Opens a device; the name of its link type. Throws what libpcap says. Each packet is put into `buffer`. */
    open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
    on(event: 'packet', listener: (length: number, cut: boolean) => void): void;
    close(): void;
    /** Windows only. */
    setMinBytes?(bytes: number): void;
  }
  const addon: { readonly Cap: typeof Cap };
  export default addon;
}
