/** What text must look like: in lower case; with `wildcards`, `*` stands for any characters and `?` for one. */
export interface TextPattern {
  readonly text: string;
  readonly wildcards: boolean;
}

/** Whether all of `text` matches, whatever its case. Takes time in proportion to both lengths, whatever the pattern. */
export function matchesPattern({ text: pattern, wildcards }: TextPattern, text: string): boolean {
  const lower = text.toLowerCase();
  return wildcards ? matchesWildcards(pattern, lower) : lower === pattern;
}

function matchesWildcards(pattern: string, text: string): boolean {
  let at = 0;
  let p = 0;
  // Behind the last star: where it stands, and how much of the text it has taken.
  let star = -1;
  let taken = 0;
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      taken = at;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
