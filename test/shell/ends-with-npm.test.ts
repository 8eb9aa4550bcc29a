import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

describe.skipIf(process.platform === 'win32')('npm start', () => {
  it('does not leave its server behind when npm is ended', async () => {
    const home = mkdtempSync(join(tmpdir(), 'drainspotter-home-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const env = { ...process.env, npm_lifecycle_event: 'start', HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    // As npm runs it: below a shell.
    const npm = spawn('sh', ['-c', `'${process.execPath}' scripts/start.mjs --no-open; true`], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const address = await new Promise<string>((resolve) => {
      let text = '';
      npm.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
        if (found !== null) resolve(found[0]);
      });
    });
    const answers = () => fetch(address).then(() => true, () => false);
    expect(await answers()).toBe(true);
    npm.kill('SIGKILL');
    await expect.poll(answers, { timeout: 10_000 }).toBe(false);
  }, 30_000);
});
