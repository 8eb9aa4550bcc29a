import { compareNames } from '../../shared/format/name-order.ts';
import { ENDPOINT_COLUMN_IDS, ENDPOINT_KEYS, ENDPOINT_TEXTS, type EndpointColumnId, type EndpointSort } from '../../shared/query/endpoint-order.ts';
import type { EndpointRow } from '../../shared/model/view.ts';

type Key = string | number | null;
type Keys = Readonly<Record<EndpointColumnId, readonly Key[]>>;

/** The endpoints in any order, by what their rows say; worked out once for all of them, when it is first asked for. */
export class EndpointOrder {
  private readonly ids: readonly number[];
  private readonly row: (endpoint: number) => EndpointRow;
  private keys: Keys | null = null;

  /** @param ids in the order that equal ones keep */
  constructor(ids: readonly number[], row: (endpoint: number) => EndpointRow) {
    this.ids = ids;
    this.row = row;
  }

  /** Those whose host, addresses or software hold a text; sorted, with what is not known last. */
  sorted(sort: EndpointSort | null, text: string): readonly number[] {
    const wanted = text.trim().toLowerCase();
    if (sort === null && wanted === '') return this.ids;
    const keys = (this.keys ??= this.allKeys());
    let places = Array.from(this.ids.keys());
    if (wanted !== '') places = places.filter((place) => ENDPOINT_TEXTS.some((column) => String(keys[column][place] ?? '').toLowerCase().includes(wanted)));
    if (sort !== null) {
      const column = keys[sort.column];
      const sign = sort.descending ? -1 : 1;
      places.sort((a, b) => compare(column[a]!, column[b]!, sign));
    }
    return places.map((place) => this.ids[place]!);
  }

  private allKeys(): Keys {
    const keys = Object.fromEntries(ENDPOINT_COLUMN_IDS.map((column) => [column, [] as Key[]])) as Record<EndpointColumnId, Key[]>;
    for (const id of this.ids) {
      const row = this.row(id);
      for (const column of ENDPOINT_COLUMN_IDS) keys[column].push(ENDPOINT_KEYS[column](row));
    }
    return keys;
  }
}

function compare(a: Key, b: Key, sign: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : compareNames(String(a), String(b)));
}
