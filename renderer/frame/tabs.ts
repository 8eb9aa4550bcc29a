import type { AnalysisState } from '../../shared/model/view.ts';
import type { Screen } from './route.ts';

export interface Tab {
  screen: Screen;
  label: string;
  /** Screens that belong to it besides its own. */
  holds: readonly Screen[];
  /** It is there without an open capture too. */
  alone?: true;
  /** null: not known yet. */
  count?: (state: AnalysisState) => number | null;
}

/** In the order of their keys, 1 to 7. */
export const TABS: readonly Tab[] = [
  { screen: 'overview', label: 'Overview', holds: [] },
  { screen: 'connections', label: 'Connections', holds: ['connection'], count: (state) => state.connections },
  { screen: 'endpoints', label: 'Endpoints', holds: ['endpoint'], count: (state) => state.endpoints },
  { screen: 'exchanges', label: 'Requests', holds: [], count: (state) => state.requests },
  { screen: 'findings', label: 'Findings', holds: [], count: (state) => (state.findings === 0 && (state.phase === 'reading' || state.phase === 'diagnosing') ? null : state.findings) },
  { screen: 'report', label: 'Report', holds: [] },
  { screen: 'compare', label: 'Compare', holds: [], alone: true },
];
