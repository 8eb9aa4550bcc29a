import { extractFile, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import { build, Platform } from 'electron-builder';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageApp } from '../../scripts/stage-app.mjs';
import { makeStandInRuntime } from '../kit/stand-in-runtime.ts';

const ROOT = join(import.meta.dirname, '../..');
const electronVersion = (JSON.parse(readFileSync(join(ROOT, 'node_modules/electron/package.json'), 'utf8')) as { version: string }).version;

const config = () => getConfig(ROOT, join(ROOT, 'electron-builder.yml'), null);

describe('electron-builder.yml', () => {
  it("passes the builder's own validator", async () => {
    await validateConfiguration(await config(), new DebugLogger(false));
  });

  it('does not pass it with a word that the builder does not know', async () => {
    await expect(validateConfiguration({ ...(await config()), asarr: true } as never, new DebugLogger(false))).rejects.toThrow(/asarr/);
  });

  it('names icons that are there, in the sizes their systems ask for', async () => {
    const { win, mac, linux } = await config();
    const ico = readFileSync(join(ROOT, win!.icon as string));
    expect([ico.readUInt16LE(2), ico.readUInt16LE(4)]).toEqual([1, 7]);
    const icns = readFileSync(join(ROOT, mac!.icon as string));
    expect([icns.toString('latin1', 0, 4), icns.readUInt32BE(4)]).toEqual(['icns', icns.length]);
    for (const size of [16, 32, 48, 64, 128, 256, 512]) {
      const png = readFileSync(join(ROOT, linux!.icon as string, `${size}x${size}.png`));
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
    }
  });

  it("leaves the checkout's packages alone: compiling cap there once took it from the command line", async () => {
    expect((await config()).npmRebuild).toBe(false);
    const staged = mkdtempSync(join(tmpdir(), 'drainspotter-stage-'));
    try {
      stageApp(ROOT, staged);
      // Nothing in the copy is a way back into the checkout.
      const entries = readdirSync(staged, { recursive: true, withFileTypes: true });
      expect(entries.filter((entry) => entry.isSymbolicLink())).toEqual([]);
      const native = 'node_modules/cap/build/Release/cap.node';
      if (existsSync(join(ROOT, native))) expect(statSync(join(staged, native)).ino).not.toBe(statSync(join(ROOT, native)).ino);
    } finally {
      rmSync(staged, { recursive: true, force: true });
    }
  });

  it('makes what each system installs, and asks Debian for libpcap', async () => {
    const { linux, win, mac, deb, fileAssociations } = await config();
    expect([linux, win, mac].map((options) => options!.target)).toEqual([['AppImage', 'deb', 'rpm'], ['nsis'], ['dmg']]);
    expect(deb!.depends!.some((name) => name.startsWith('libpcap0.8'))).toBe(true);
    const extensions = (fileAssociations as { ext: string[] }[]).flatMap(({ ext }) => ext);
    for (const ending of ['', '.gz', '.zst']) expect(extensions).toEqual(expect.arrayContaining([`pcap${ending}`, `pcapng${ending}`, `cap${ending}`]));
  });
});

describe('a package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-package-'));
  const unpacked = join(folder, 'out', 'linux-unpacked');
  const asar = join(unpacked, 'resources', 'app.asar');
  let files: string[];

  beforeAll(async () => {
    makeStandInRuntime(join(folder, 'electron'), electronVersion);
    const stage = join(folder, 'app');
    stageApp(ROOT, stage);
    await build({
      projectDir: stage,
      targets: Platform.LINUX.createTarget('dir'),
      publish: 'never',
      config: { ...(await config()), electronDist: join(folder, 'electron'), electronVersion, directories: { output: join(folder, 'out'), buildResources: 'resources' } },
    });
    files = listPackage(asar, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds the program, its page, its preload script and the samples', () => {
    expect(files).toEqual(expect.arrayContaining(['/package.json', '/dist/package.json', '/dist/electron/main.js', '/dist/electron/preload.cjs', '/dist/analysis/analysis-worker.js', '/dist/page/index.html', '/resources/samples/samples.json', '/resources/samples/undrained-go.pcap', '/resources/icons/icon.png']));
    expect(JSON.parse(extractFile(asar, 'package.json').toString())).toMatchObject({ name: 'drainspotter', main: 'dist/electron/main.js' });
    // Kept by the V8 of the Node.js that built it: dead weight for Electron's.
    expect(files.filter((path) => path.endsWith('.code'))).toEqual([]);
  });

  it('has its documentation beside the archive, where the system can open it', () => {
    expect(readFileSync(join(unpacked, 'resources', 'README.md'), 'utf8')).toContain('docs/findings.md');
    for (const page of ['architecture.md', 'findings.md', 'scale.md']) expect(existsSync(join(unpacked, 'resources', 'docs', page)), page).toBe(true);
  });

  it('names no address that somebody else may own', async () => {
    const { linux, extraMetadata } = await config();
    expect(linux!.maintainer).toMatch(/@[\w.-]+\.invalid>$/);
    expect(new URL((extraMetadata as { homepage: string }).homepage).hostname).toMatch(/\.invalid$/);
  });

  it('holds nothing else: no sources, no tests, no packages but cap, and of that only what runs', () => {
    const allowed = /^\/(?:package\.json|LICENSE|dist(?:\/.*)?|resources(?:\/(?:samples|icons)(?:\/[\w.-]+)?)?|node_modules(?:\/cap(?:\/(?:package\.json|LICENSE|lib(?:\/.*)?|build(?:\/Release(?:\/cap\.node)?)?))?)?)$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    expect(files.filter((path) => /\.(?:ts|vue|map|cc|c|h|gyp|o)$/.test(path))).toEqual([]);
  });

  it.skipIf(!existsSync(join(ROOT, 'node_modules/cap/build/Release/cap.node')))('keeps native code outside of the archive', () => {
    expect(existsSync(join(unpacked, 'resources', 'app.asar.unpacked', 'node_modules', 'cap', 'build', 'Release', 'cap.node'))).toBe(true);
  });

  it('has its fuses set: no node, no options from outside, its own archive alone', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'drainspotter'));
    // As the binary has it: the character 1 is on.
    const on = (fuse: FuseV1Options) => (wire as Record<number, number>)[fuse] === '1'.charCodeAt(0);
    expect({
      runAsNode: on(FuseV1Options.RunAsNode),
      nodeOptions: on(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: on(FuseV1Options.EnableNodeCliInspectArguments),
      integrity: on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      onlyAsar: on(FuseV1Options.OnlyLoadAppFromAsar),
      filePrivileges: on(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({ runAsNode: false, nodeOptions: false, inspect: false, integrity: true, onlyAsar: true, filePrivileges: false });
  });
});
