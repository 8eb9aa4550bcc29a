import { defineStore } from 'pinia';
import { reactive, watch } from 'vue';
import type { TableName } from '../../../shared/model/view.ts';
import { useMedia } from '../../use-media.ts';

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
  const wide = useMedia('(width >= 1360px)');
  const fresh = (): GridState => ({ sort: [], current: null, preview: true, facets: wide.value });
  const tables = reactive<Record<TableName, GridState>>({ connections: fresh(), exchanges: fresh() });
  // A window that becomes narrow is not left with the facets over its rows; as wide as before it has them again.
  let hidden: GridState[] = [];
  watch(wide, (now) => {
    if (!now) hidden = Object.values(tables).filter(({ facets }) => facets);
    for (const table of hidden) table.facets = now;
  });
  return { tables };
});
