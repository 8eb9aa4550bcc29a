/** What the program says, as it stands on a command line after its name, as a sentence of its own. A file's name in front stays as it is. */
export function sentence(message: string): string {
  const text = message.trim().replace(/^[a-z]+(?=[\s,:;]|$)/, (word) => `${word[0]!.toUpperCase()}${word.slice(1)}`);
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
