import type { AppInfo } from '../../shared/model/app.ts';

/**
 * What services ask of the machine and of the shell around them. A shell makes one (node-platform.ts holds what needs
 * no window) and hands it to the services; tests make one of their own.
 */
export interface Platform {
  readonly shell: AppInfo['shell'];
  /** The shell has file dialogs of its own: `chooseCaptures` works, and `saveTarget` asks the person. */
  readonly nativeDialogs: boolean;
  /** The person's settings and recent files are kept here; made when first needed. */
  readonly dataFolder: string;
  /** Bundled captures and their samples.json. */
  readonly samplesFolder: string;
  /** Folders that the picker may show, as real paths; empty where there is no picker. */
  readonly folders: readonly string[];
  /** Captures named on the command line, to be opened at once. */
  readonly openAtStart: readonly string[];
  /** The key log named there, for them and for live captures; a real path that may be read. */
  readonly keyLogAtStart?: string;

  /**
   * The path as it may be read: files that a person named to the program (command line, dialog, drop, recent) or that lie
   * in a picker's folder, symlinks resolved.
   *
   * @throws AppError `path-not-allowed`, `file-not-found`
   */
  permittedPath(path: string): Promise<string>;
  /** The files of an upload and their names for people. @throws AppError `upload-not-found` */
  uploadedFiles(upload: string): Promise<readonly { readonly path: string; readonly name: string }[]>;
  /** Its files are not needed any more. Otherwise they are deleted when the program ends. */
  forgetUpload(upload: string): Promise<void>;
  /** Asks for captures; empty where cancelled. @throws AppError `no-dialogs` */
  chooseCaptures(): Promise<string[]>;
  /** Where to write a file for the person; null where they cancelled. @throws AppError */
  saveTarget(suggestedName: string): Promise<SaveTarget | null>;

  /** Wireshark's program; null where it is not installed. */
  wireshark(): Promise<string | null>;
  /** Opens a capture at a frame. @throws AppError `wireshark-not-found` */
  openInWireshark(path: string, frame: number): Promise<void>;
  /** Shows a file in the system's file manager; does nothing where there is none. */
  reveal(path: string): Promise<void>;
  /** Tells the system's own list of recent files, where it has one. */
  noteRecent(path: string): void;

  /** Files the shell was asked to open later: a second start, a file association, the menu. Returns what ends it. */
  onOpen(listener: (paths: string[]) => void): () => void;
  /** Commands of the shell's menu. */
  onCommand(listener: (command: string) => void): () => void;
}

/** A file being written for a person: first elsewhere, theirs once it is complete. */
export interface SaveTarget {
  /** Write here; the file does not exist yet. */
  readonly path: string;
  /** It is complete: as `reports.save` answers it. @throws AppError `output-unwritable` */
  finish(): Promise<{ path: string | null; download: string | null }>;
  /** It is not wanted or failed: what was written is deleted. */
  discard(): Promise<void>;
}
