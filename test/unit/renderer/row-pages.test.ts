import { expect, test } from 'vitest';
import { gridRows, PAGE_ROWS, RowPages } from '../../../renderer/features/grid/row-pages.ts';
import type { RowsPage } from '../../../shared/model/view.ts';

const TOTAL = 1_000_000;

/** A table whose answers come when the test says so. */
function table() {
  const asked: { offset: number; signal: AbortSignal; answer(revision?: number): void; fail(error: Error): void }[] = [];
  const errors: unknown[] = [];
  let came = 0;
  const pages = new RowPages(
    (offset, limit, signal) =>
      new Promise<RowsPage>((resolve, reject) => {
        const ids = Array.from({ length: Math.min(limit, TOTAL - offset) }, (_, at) => offset + at + 1);
        asked.push({ offset, signal, answer: (revision = 1) => resolve({ revision, all: TOTAL, total: TOTAL, offset, ids, columns: { id: ids, revision: ids.map(() => revision) } }), fail: reject });
      }),
    gridRows,
    () => came++,
    (error) => errors.push(error),
  );
  return { pages, asked, errors, came: () => came };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('rows are there when their page came, with their place and cells', async () => {
  const { pages, asked, came } = table();
  pages.want(0, 30, TOTAL);
  expect(asked.map(({ offset }) => offset)).toEqual([0]);
  expect(pages.row(7)).toBeNull();
  asked[0]!.answer();
  await settled();
  expect(came()).toBe(1);
  expect(pages.row(7)).toMatchObject({ index: 7, id: 8 });
  expect(pages.row(7)!.cell('id')).toBe(8);
  expect(pages.row(7)!.cell('no such field')).toBeNull();
});

test('the neighbour page is fetched before it is looked at, not beyond the end', async () => {
  const { pages, asked } = table();
  pages.want(PAGE_ROWS + 100, PAGE_ROWS + 150, TOTAL);
  expect(asked.map(({ offset }) => offset)).toEqual([PAGE_ROWS, 2 * PAGE_ROWS]);
  const last = table();
  last.pages.want(TOTAL - 30, TOTAL - 1, TOTAL);
  expect(last.asked.map(({ offset }) => offset)).toEqual([TOTAL - PAGE_ROWS]);
});

test('what is scrolled past is given up, and a late answer of it shows nothing', async () => {
  const { pages, asked, errors } = table();
  pages.want(0, 30, TOTAL);
  pages.want(500_090, 500_110, TOTAL);
  expect(asked[0]!.signal.aborted).toBe(true);
  asked[0]!.answer();
  await settled();
  expect(pages.row(0)).toBeNull();
  asked[0]!.fail(new Error('aborted'));
  await settled();
  expect(errors).toEqual([]);
});

test('another view shows nothing of the old one', async () => {
  const { pages, asked } = table();
  pages.want(0, 30, TOTAL);
  asked[0]!.answer();
  await settled();
  pages.clear();
  expect(pages.row(0)).toBeNull();
});

test('while the capture is read the old rows stay until the new ones are there', async () => {
  const { pages, asked } = table();
  pages.want(0, 30, TOTAL);
  asked[0]!.answer(1);
  await settled();
  pages.refresh();
  pages.want(0, 30, TOTAL);
  expect(pages.row(3)!.cell('revision')).toBe(1);
  asked[1]!.answer(2);
  await settled();
  expect(pages.row(3)!.cell('revision')).toBe(2);
});

test('scrolling through a million rows keeps forty pages', async () => {
  const { pages, asked } = table();
  for (let at = 0; at < TOTAL; at += 20 * PAGE_ROWS) {
    const before = asked.length;
    pages.want(at + 90, at + 110, TOTAL);
    for (const one of asked.slice(before)) one.answer();
    await settled();
  }
  let kept = 0;
  for (let at = 0; at < TOTAL; at += PAGE_ROWS) kept += pages.row(at) === null ? 0 : 1;
  expect(kept).toBe(40);
});

test('a failure is told, and asked for again at the next look', async () => {
  const { pages, asked, errors } = table();
  pages.want(0, 30, TOTAL);
  asked[0]!.fail(new Error('no'));
  await settled();
  expect(errors).toHaveLength(1);
  pages.want(0, 30, TOTAL);
  expect(asked).toHaveLength(2);
});

test('a page that was given up and is wanted again at once is fetched again, not waited for', async () => {
  const { pages, asked } = table();
  pages.want(0, 30, TOTAL);
  pages.want(500_090, 500_110, TOTAL);
  pages.want(0, 30, TOTAL);
  expect(asked.filter(({ offset }) => offset === 0)).toHaveLength(2);
  asked[0]!.fail(new Error('aborted'));
  asked.findLast(({ offset }) => offset === 0)!.answer();
  await settled();
  expect(pages.row(0)).toMatchObject({ id: 1 });
});
