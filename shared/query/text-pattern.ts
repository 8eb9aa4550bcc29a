/** What text must look like: in lower case; with `wildcards`, `*` stands for any characters and `?` for one. */
export interface TextPattern {
  readonly text: string;
  readonly wildcards: boolean;
}

/** Whether all of a text matches a pattern, whatever its case. */
export function matchesPattern(pattern: TextPattern, text: string): boolean {
  return patternTest(pattern)(text);
}

/** The same for many texts. Takes time in proportion to both lengths at most, whatever the pattern. */
export function patternTest({ text: pattern, wildcards }: TextPattern): (text: string) => boolean {
  if (!wildcards) return (text) => text.length === pattern.length && text.toLowerCase() === pattern;
  const inner = /^\*([^*?]+)\*$/.exec(pattern)?.[1];
  if (inner !== undefined) return (text) => text.toLowerCase().includes(inner);
  const start = /^([^*?]+)\*$/.exec(pattern)?.[1];
  if (start !== undefined) return (text) => text.toLowerCase().startsWith(start);
  return (text) => matchesWildcards(pattern, text.toLowerCase());
}

const STAR = 42;
const QUESTION_MARK = 63;

function matchesWildcards(pattern: string, text: string): boolean {
  let at = 0;
  let p = 0;
  // Behind the last star: where it stands, and how much of the text it has taken.
  let star = -1;
  let taken = 0;
  while (at < text.length) {
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (wanted === STAR) {
      star = p++;
      taken = at;
    } else if (wanted === QUESTION_MARK || wanted === text.charCodeAt(at)) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}
