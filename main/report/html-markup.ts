import { safeBytes, safeText } from '../../shared/format/safe-text.ts';

/** HTML or SVG that is safe to write as it stands. Only this file makes it from strings. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** What may stand in a template: text is escaped, markup stands as it is, lists one after the other, null as nothing. */
export type Content = string | number | Markup | null | readonly Content[];

/**
 * HTML with everything that is put in escaped: `html`<td>${target}</td>``. In attributes too, which must be quoted.
 * Text of a capture (one character per byte) goes through `fromCapture` first; it is harmless without, but UTF-8 in it
 * is then shown as bytes.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = parts[0]!;
  for (let i = 0; i < contents.length; i++) text += written(contents[i]!) + parts[i + 1]!;
  return new Markup(text);
}

export const NOTHING = new Markup('');

/** Text of a capture as text for people: see shared/format/safe-text.ts. */
export function fromCapture(bytes: string): string {
  return safeBytes(bytes);
}

/** A table cell with an address, which breaks only where it is longer than any of IPv4. */
export function addressCell(address: string): Markup {
  return html`<td class="${address.length > 21 ? 'mono' : 'mono fit'}">${address}</td>`;
}

/** Source code of ours, with its lines and tabs. */
export function code(source: string): Markup {
  return new Markup(escaped(source));
}

/** CSS of ours: nothing in it is escaped. */
export function styleSheet(css: string): Markup {
  return new Markup(`<style>${css}</style>`);
}

/** A coordinate, to a tenth of a pixel. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function written(content: Content): string {
  if (content === null) return '';
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return escaped(safeText(content));
  if (content instanceof Markup) return content.html;
  return content.map(written).join('');
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
