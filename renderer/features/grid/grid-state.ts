import { defineStore } from 'pinia';
import { reactive } from 'vue';
import type { TableName } from '../../../shared/model/view.ts';

export interface GridState {
  sort: { field: string; descending: boolean }[];
  /** Id of the row that the keyboard is on. */
  current: number | null;
  preview: boolean;
  facets: boolean;
}

/** How the tables are left, so that whoever comes back from a row finds them so. */
export const useGridState = defineStore('grid-state', () => {
  // Where the columns and the facets have no room side by side, the columns come first.
  const wide = matchMedia('(width >= 1360px)').matches;
  const fresh = (): GridState => ({ sort: [], current: null, preview: true, facets: wide });
  return { tables: reactive<Record<TableName, GridState>>({ connections: fresh(), exchanges: fresh() }) };
});
