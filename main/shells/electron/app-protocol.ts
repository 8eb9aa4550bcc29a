import { readFile } from 'node:fs/promises';
import type { CustomScheme, Protocol } from 'electron';
import type { PageFile } from '../../platform/page-files.ts';
import { contentSecurityPolicy } from '../../platform/page-policy.ts';

export const PAGE_ORIGIN = 'app://drainspotter';

/** A scheme with an origin, for which the usual rules hold; file: would give every page every file. */
export const APP_SCHEME: CustomScheme = { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } };

/**
 * Serves the page's files at app://drainspotter/. They are looked up in the list made at the start: no address is made
 * into a path, so that none leads out of it.
 */
export function serveApp(protocol: Protocol, files: ReadonlyMap<string, PageFile>): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'drainspotter' && request.method === 'GET' ? files.get(url.pathname) : undefined;
    if (file === undefined) return new Response('There is nothing at this address.', { status: 404, headers: { 'Content-Type': 'text/plain' } });
    return new Response(new Uint8Array(await readFile(file.path)), {
      headers: {
        'Content-Type': file.mediaType,
        'Content-Security-Policy': contentSecurityPolicy(null),
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cache-Control': 'no-store',
      },
    });
  });
}
