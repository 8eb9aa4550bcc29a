/* What the application keeps and offers beside the analyses: samples, recent files, settings, itself. */
import type { Severity } from './report.ts';
import type { Lane } from './view.ts';

/** A capture that the program brings along to show one lesson. */
export interface Sample {
  id: string;
  title: string;
  lesson: string;
  requests: number;
  connections: number;
  bytes: number;
  /** Flat as Lane.spans, for the small drawing, with its probes and end. */
  spans: number[];
  probes: number[];
  end: Lane['end'];
}

export interface RecentFile {
  path: string;
  name: string;
  bytes: number;
  /** Time of day it was last opened, RFC 3339. */
  openedAt: string;
  /** What was found then. */
  requests: number | null;
  connections: number | null;
  note: string | null;
  severity: Severity | null;
  missing: boolean;
}

/** An entry of the server's own file picker (browser shell). */
export interface FolderEntry {
  name: string;
  path: string;
  kind: 'folder' | 'capture' | 'other';
  bytes: number;
  modifiedAt: string;
}

export interface Settings {
  theme: 'system' | 'light' | 'dark';
  /** Columns of the connections grid in order, with widths in pixels; empty: the default. */
  columns: { id: string; width: number }[];
  /** Ephemeral ports a client has for one server. */
  portBudget: number;
  redact: boolean;
}

export interface AppInfo {
  version: string;
  shell: 'electron' | 'browser';
  platform: string;
  /** The shell has file dialogs of its own. */
  nativeDialogs: boolean;
  /** Wireshark is installed here. */
  wireshark: boolean;
  /** Folders that the picker may show (browser shell). */
  folders: string[];
  /** Files named on the command line that should be opened at once. */
  open: string[];
  /** Name of the key log given there: live captures are read with it. */
  keyLog?: string;
}

export interface ReportFormat {
  id: string;
  label: string;
  /** Suggested file name ending, with its dot. */
  extension: string;
  /** What it is for, in one line. */
  note: string;
  /** It can be shown in a preview. */
  preview: 'text' | 'html' | 'none';
}
