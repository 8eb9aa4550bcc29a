export interface Layer {
  readonly folder: string;
  readonly imports: readonly string[];
  readonly node: boolean;
  readonly packages: readonly string[] | 'any';
}
export const layers: readonly Layer[];
export function layerOf(path: string): Layer | undefined;
export function importProblem(path: string, specifier: string): string | null;
