import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TableFolder } from '../../../main/report/table-folder.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'drainspotter-folder-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

function put(folder: TableFolder, text: string): void {
  const file = folder.open('connections.csv');
  void file.write(text);
  file.close();
}

describe('a folder of tables', () => {
  it('is there when it is whole, and not before', () => {
    const path = join(parent, 'report');
    const folder = new TableFolder(path);
    put(folder, 'a');
    expect(existsSync(path)).toBe(false);
    folder.finish();
    folder.discard();
    expect(readFileSync(join(path, 'connections.csv'), 'utf8')).toBe('a');
    expect(readdirSync(parent)).toEqual(['report']);
  });

  it('replaces the one before it, which stays until then', () => {
    const path = join(parent, 'report');
    for (const text of ['old', 'new']) {
      const folder = new TableFolder(path);
      put(folder, text);
      if (text === 'new') expect(readFileSync(join(path, 'connections.csv'), 'utf8')).toBe('old');
      folder.finish();
    }
    expect(readFileSync(join(path, 'connections.csv'), 'utf8')).toBe('new');
    expect(readdirSync(parent)).toEqual(['report']);
  });

  it('leaves nothing behind where it was given up', () => {
    const folder = new TableFolder(join(parent, 'report'));
    put(folder, 'half');
    folder.discard();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is never a folder with other files in it, nor a file', () => {
    const path = join(parent, 'documents');
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'dear');
    expect(() => new TableFolder(path)).toThrow(expect.objectContaining({ code: 'output-not-empty' }));
    expect(() => new TableFolder(join(path, 'thesis.txt'))).toThrow(expect.objectContaining({ code: 'output-not-a-folder' }));
    expect(() => new TableFolder(join(parent, 'no', 'where'))).toThrow(expect.objectContaining({ code: 'output-unwritable' }));
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });
});
