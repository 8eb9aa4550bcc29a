/** What to change in one stack, in its own terms. A snippet of the same stack and topic may stand in ../snippets. */
export interface FixText {
  readonly summary: string;
  /** Documentation or source file that bears it out. */
  readonly source: string;
  /** The topic whose snippet shows it, where that is another one. */
  readonly snippet?: string;
}

/** By stack id, then by topic: the id of the rule that the advice is mainly for. */
export type FixTexts = Readonly<Record<string, Readonly<Record<string, FixText>>>>;
