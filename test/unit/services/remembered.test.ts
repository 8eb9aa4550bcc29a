import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecentFiles } from '../../../main/services/recent-files.ts';
import { SettingsStore } from '../../../main/services/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-remembered-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('settings', () => {
  const load = async (place = folder) => {
    const settings = new SettingsStore(place);
    await settings.load();
    return settings;
  };

  it('are there again after a new start, for this person alone', async () => {
    const below = join(folder, 'a', 'b');
    await (await load(below)).change({ theme: 'dark', portBudget: 100 });
    expect((await load(below)).current).toEqual({ theme: 'dark', columns: [], portBudget: 100, redact: true });
    if (process.platform !== 'win32') expect(statSync(join(below, 'settings.json')).mode & 0o077).toBe(0);
    expect(readdirSync(below)).toEqual(['settings.json']);
  });

  it('are told to who listens, and the last of several changes at once is kept', async () => {
    const settings = await load();
    const themes: string[] = [];
    settings.onChange(({ theme }) => themes.push(theme));
    await Promise.all([settings.change({ theme: 'dark' }), settings.change({ theme: 'light' }), settings.change({ redact: false })]);
    expect(themes).toEqual(['dark', 'light', 'light']);
    expect((await load()).current).toMatchObject({ theme: 'light', redact: false });
  });

  it('that cannot be kept hold all the same, and why is said: a page was told of a fault of the program', async () => {
    writeFileSync(join(folder, 'file'), '');
    const settings = await load(join(folder, 'file', 'below'));
    await expect(settings.change({ theme: 'dark' })).rejects.toMatchObject({ code: 'settings-unwritable', message: expect.stringContaining('its folder is not a folder') as string });
    expect(settings.current.theme).toBe('dark');
  });

  it.each([
    ['no JSON', '{"theme":', { theme: 'system', portBudget: 28_232 }],
    ['no object', '7', { theme: 'system' }],
    ['null', 'null', { theme: 'system' }],
    ['one wrong part', '{"theme":"pink","portBudget":500,"columns":"x"}', { theme: 'system', portBudget: 500, columns: [] }],
    ['a part of a later version', '{"theme":"dark","later":1}', { theme: 'dark' }],
    ['a name of objects', '{"__proto__":{"theme":"dark"}}', { theme: 'system' }],
  ])('keep what is valid of a file with %s', async (_, text, kept) => {
    writeFileSync(join(folder, 'settings.json'), text);
    const { current } = await load();
    expect(current).toMatchObject(kept);
    expect(current).not.toHaveProperty('later');
  });
});

describe('recent files', () => {
  const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00Z`;
  const load = async () => {
    const recent = new RecentFiles(folder);
    await recent.load();
    return recent;
  };

  it('are listed with what was found, the latest first, each once, also after a new start', async () => {
    for (const name of ['a.pcap', 'b.pcap']) writeFileSync(join(folder, name), 'four');
    const recent = await load();
    recent.opened(join(folder, 'a.pcap'), at(1));
    recent.found(join(folder, 'a.pcap'), { requests: 212, connections: 208, note: '190 bodies not read', severity: 'error' });
    recent.opened(join(folder, 'b.pcap'), at(2));
    recent.opened(join(folder, 'a.pcap'), at(3));
    await recent.saved();
    expect(await (await load()).list()).toEqual([
      { path: join(folder, 'a.pcap'), name: 'a.pcap', bytes: 4, openedAt: at(3), requests: 212, connections: 208, note: '190 bodies not read', severity: 'error', missing: false },
      { path: join(folder, 'b.pcap'), name: 'b.pcap', bytes: 4, openedAt: at(2), requests: null, connections: null, note: null, severity: null, missing: false },
    ]);
  });

  it('say which are gone, and are forgotten when asked', async () => {
    const recent = await load();
    recent.opened('/none.pcap', at(1));
    expect(await recent.list()).toMatchObject([{ path: '/none.pcap', missing: true, bytes: 0 }]);
    recent.forget('/none.pcap');
    expect(await recent.list()).toEqual([]);
    // What is written after the test has gone would make its folder again.
    await recent.saved();
  });

  it('are twenty at most', async () => {
    const recent = await load();
    for (let minute = 0; minute < 30; minute++) recent.opened(`/${minute}.pcap`, at(minute));
    await recent.saved();
    expect((await load()).paths).toEqual(Array.from({ length: 20 }, (_, index) => `/${29 - index}.pcap`));
  });

  it.each(['{', '{}', '[7, null, {"path": 1}, {"path": ""}]'])('are none where the file holds %s', async (text) => {
    writeFileSync(join(folder, 'recent.json'), text);
    expect((await load()).paths).toEqual([]);
  });

  it('go without a place to be kept', async () => {
    mkdirSync(join(folder, 'recent.json'));
    const recent = await load();
    recent.opened('/a.pcap', at(1));
    await recent.saved();
    expect(recent.paths).toEqual(['/a.pcap']);
  });
});
