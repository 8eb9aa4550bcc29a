import { ladderRows, type LadderRow, type LadderTone, type PacketRow } from '../../shared/drawing/ladder-layout.ts';
import { formatBytes, formatCount, plural } from '../../shared/format/quantity.ts';
import { shortenMiddle } from '../../shared/format/safe-text.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { FrameRef } from '../../shared/model/report.ts';
import { fromCapture, html, type Markup, px } from './html-markup.ts';
import type { PacketExcerpt } from './report-model.ts';

const WIDTH = 860;
const ROW = 21;
const HEAD = 26;
const CLIENT_X = 190;
const SERVER_X = 700;
/** Of a long connection these rows are drawn, and those of its evidence with one before and after. */
const FIRST_ROWS = 24;
const LAST_ROWS = 24;

const TONES: Record<LadderTone, string> = { handshake: 'handshake', request: 'request', response: 'download', quiet: 'ink3', probe: 'probe', 'zero-window': 'zero-window', fin: 'fin', rst: 'rst' };

/** The packets of a connection between the lines of client and server, with the evidence of its close marked. */
export function ladderDrawing(connection: ConnectionReport, { first, last }: PacketExcerpt): Markup {
  const evidence = new Map<FrameRef, string>(connection.close.evidence.map(({ frame }, index) => [frame, `E${index + 1}`]));
  const options = { evidence, origin: connection.startedAt };
  const rows: readonly (LadderRow | Gap)[] = last.length === 0 ? ladderRows(first, options) : [...ladderRows(first, options), { kind: 'gap', rows: null }, ...ladderRows(last, options)];
  const shown = shorten(rows);
  const height = HEAD + shown.length * ROW + 6;
  return html`<figure><h4>Packets</h4><svg class="ladder" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${plural(first.length + last.length, 'packet')} of connection ${connection.id} in order">
<text class="tick" x="0" y="12">Frame</text><text class="tick" x="60" y="12">Time</text><text class="lane" x="${CLIENT_X}" y="12" text-anchor="middle">Client :${connection.client.port}</text><text class="lane" x="${SERVER_X}" y="12" text-anchor="middle">Server :${connection.server.port}</text><text class="tick" x="${WIDTH - 40}" y="12" text-anchor="end">Length</text>
<path class="s-line2" d="M${CLIENT_X} ${HEAD - 6}V${height}M${SERVER_X} ${HEAD - 6}V${height}"/>
${shown.map((row, index) => rowOf(row, HEAD + index * ROW + ROW / 2))}</svg></figure>`;
}

/** Rows that are not drawn; null: packets that were not read. */
interface Gap {
  readonly kind: 'gap';
  readonly rows: number | null;
}

function shorten(rows: readonly (LadderRow | Gap)[]): (LadderRow | Gap)[] {
  const proves = (row: LadderRow | Gap | undefined): boolean => row?.kind === 'packet' && row.evidence !== null;
  const shown: (LadderRow | Gap)[] = [];
  let hidden = 0;
  rows.forEach((row, i) => {
    const keeps = i < FIRST_ROWS || i >= rows.length - LAST_ROWS || row.kind === 'gap' || proves(row) || proves(rows[i - 1]) || proves(rows[i + 1]);
    if (keeps && hidden > 0) {
      shown.push({ kind: 'gap', rows: hidden });
      hidden = 0;
    }
    if (keeps) shown.push(row);
    else hidden++;
  });
  return shown;
}

function rowOf(row: LadderRow | Gap, y: number): Markup {
  if (row.kind === 'gap') return boxed(row.rows === null ? 'further packets, not read' : `${plural(row.rows, 'more row')}`, y, 'ink3');
  if (row.kind === 'packet') return packetRow(row, y);
  if (row.kind === 'fold') {
    const [tip, tail] = row.from === 'client' ? [SERVER_X, CLIENT_X] : [CLIENT_X, SERVER_X];
    const tone = TONES[row.tone];
    const back = row.from === 'client' ? -8 : 8;
    return html`<path class="n s-${tone}" stroke-width="1.3" d="M${tail} ${px(y - 2)}H${tip + back}M${tail} ${px(y + 2)}H${tip + back}"/><path class="f-${tone}" d="M${tip} ${px(y)}l${back} -5v10z"/>${boxed(row.label, y, 'ink2')}${lengthOf(row.bytes === 0 ? '0' : formatBytes(row.bytes), y)}`;
  }
  const zero = row.kind === 'zero-window';
  return html`<rect class="m-${zero ? 'zero-window' : 'idle'}" x="30" y="${px(y - 5)}" width="${WIDTH - 60}" height="10"/>${boxed(row.label, y, zero ? 'zero-window' : 'ink2')}`;
}

function packetRow({ packet, time, tone, flags, info, evidence }: PacketRow, y: number): Markup {
  const client = packet.from === 'client';
  const name = TONES[tone];
  const [tip, tail] = client ? [SERVER_X, CLIENT_X] : [CLIENT_X, SERVER_X];
  const back = client ? -8 : 8;
  const text = shortenMiddle(`${flags}  ${fromCapture(info)}`, 60);
  const dash = tone === 'probe' ? ' 4 3' : 'none';
  const hollow = tone === 'fin';
  return html`<g${evidence === null ? null : html` class="proof"`}>${evidence === null ? null : html`<rect class="ground" x="0" y="${px(y - ROW / 2 + 0.5)}" width="${WIDTH}" height="${ROW - 1}"/><rect class="f-accent" x="0" y="${px(y - ROW / 2 + 0.5)}" width="3" height="${ROW - 1}"/>`}
<text class="lane-port" x="8" y="${px(y + 4)}">${packet.frame}</text><text class="tick" x="60" y="${px(y + 4)}">${time}</text>
<path class="n s-${name}" stroke-width="1.4" stroke-dasharray="${dash}" d="M${tail} ${px(y)}H${tip + back}"/><path class="${hollow ? 'f-surface' : `f-${name}`} s-${name}" d="M${tip + (client ? -1 : 1)} ${px(y)}l${back} -4.5v9z"/>${boxed(text, y, tone === 'rst' ? 'rst' : tone === 'zero-window' ? 'zero-window' : 'ink2')}${lengthOf(formatCount(packet.length), y)}
${evidence === null ? null : html`<rect class="f-accent" x="${WIDTH - 28}" y="${px(y - 8)}" width="24" height="16" rx="8"/><text class="pill" x="${WIDTH - 16}" y="${px(y + 3.5)}" text-anchor="middle">${evidence}</text>`}</g>
`;
}

/** Words on a line, with room cut out for them. */
function boxed(text: string, y: number, tone: string): Markup {
  const width = text.length * 5.9 + 14;
  return html`<rect class="f-surface" x="${px((CLIENT_X + SERVER_X - width) / 2)}" y="${px(y - 8)}" width="${px(width)}" height="16" rx="3"/><text class="f-${tone}" x="${(CLIENT_X + SERVER_X) / 2}" y="${px(y + 4)}" text-anchor="middle" xml:space="preserve">${text}</text>`;
}

function lengthOf(text: string, y: number): Markup {
  return html`<text class="tick" x="${WIDTH - 40}" y="${px(y + 4)}" text-anchor="end">${text}</text>`;
}
