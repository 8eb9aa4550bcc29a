/** Text of a capture as long as anyone reads it: what goes to a page must fit a frame, whatever a capture holds. */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
