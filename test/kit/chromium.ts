import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The Chromium of this machine, or null: tests that need it are skipped, and say so. CHROMIUM names another one. */
export const CHROMIUM: string | null = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== '' && existsSync(path)) ?? null;

export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error('no Chromium is installed; set CHROMIUM to its path');
  // A container's root has no user namespaces to build the sandbox from.
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
