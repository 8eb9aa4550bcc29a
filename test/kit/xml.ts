export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads an XML document as strictly as XML 1.0 asks for what our reports use: no DTD, comments or CDATA. */
export function parseXml(source: string): XmlElement {
  // eslint-disable-next-line no-control-regex -- section 2.2: these may not be there at all
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(source)) throw new Error('a character that XML does not have');
  const body = source.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, '');
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`no XML at ${at}: ${body.slice(at, at + 40)}`);
    const parent = open.at(-1)!;
    if (match[1] !== undefined) {
      if (open.length === 1 || parent.name !== match[1]) throw new Error(`</${match[1]}> closes ${parent.name}`);
      open.pop();
    } else if (match[2] !== undefined) {
      const attributes = [...match[3]!.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, decoded(value!)]);
      const element: XmlElement = { name: match[2], attributes: Object.fromEntries(attributes) as Record<string, string>, children: [], text: '' };
      parent.children.push(element);
      if (match[4] === '') open.push(element);
    } else parent.text += decoded(match[5]!);
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one whole element');
  return root.children[0]!;
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));|&/g, (whole, code: string | undefined, name: string | undefined) => {
    if (code !== undefined) return String.fromCodePoint(Number(code));
    const entity = name === undefined ? undefined : ENTITIES[name];
    if (entity === undefined) throw new Error(`no entity: ${whole}`);
    return entity;
  });
}
