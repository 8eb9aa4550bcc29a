/** What the preload script of the desktop window gives the page as `window.drainspotter`: these functions and no others. */
export interface DesktopBridge {
  /** Asks for the message port to the program, which comes as a window message. */
  connect(): void;
  /** Where a dropped or chosen file lies, which also permits the program to read it; '' for what is no file on disk. */
  filePath(file: unknown): string;
}

/** Data of the window message that brings the port. */
export const PORT_MESSAGE = 'drainspotter-port';
