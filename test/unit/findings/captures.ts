import type { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import type { ConversationOptions } from '../../kit/conversation.ts';
import { Conversation, filler } from '../../kit/conversation.ts';
import type { Packet } from '../../kit/packets.ts';
import { concat, latin1, merge } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';

/** Heads as they come from some stacks; the body of a request comes after what is added. */
const HEADS = {
  go: 'Host: api\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n',
  curl: 'Host: api\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n',
  /** Software nobody knows. */
  other: 'Accept: */*\r\nX-Own: 1\r\nHost: api\r\n',
} as const;
export type Client = keyof typeof HEADS;

export function request(client: Client, target = '/item', method = 'GET', more = '', body = ''): string {
  return `${method} ${target} HTTP/1.1\r\n${HEADS[client]}${more}\r\n${body}`;
}

export function response(length: number, more = '', status = '200 OK'): Uint8Array {
  return concat([latin1(`HTTP/1.1 ${status}\r\n${more}Content-Length: ${length}\r\n\r\n`), filler(length)]);
}

/** A connection of the capture: opened at `start` seconds by client port 40000 + `n`. */
export function connection(n: number, start: number, options: ConversationOptions = {}): Talk {
  return new Talk({ client: `10.0.0.1:${40_000 + n}`, start, clientIsn: 1000 + n * 100_000, serverIsn: 5000 + n * 100_000, ...options }).handshake();
}

/** A conversation that can ask and be answered in one step. */
export class Talk extends Conversation {
  /** A request, answered whole and acknowledged. */
  get(length = 500, client: Client = 'go', target = '/item', more = ''): this {
    return this.client(request(client, target)).server(response(length, more)).ack('client');
  }
}

export interface Diagnosed {
  /** By connection: cause and confidence, then "also …" and "or …". */
  readonly closes: readonly string[];
  /** "rule confidence: 1 2 3" with the connections it names. */
  readonly findings: readonly string[];
  readonly report: AnalysisReport;
}

/** What the diagnosis says of the packets of some conversations, in time order. */
export async function diagnosed(...talks: readonly { readonly packets: readonly Packet[] }[]): Promise<Diagnosed> {
  const report = await reportOf(merge(...talks.map(({ packets }) => packets)));
  const closes = [...report.connections()].map(({ close: { cause, confidence, also, alternatives } }) => {
    const list = (word: string, names: readonly string[]): string => (names.length === 0 ? '' : ` ${word} ${names.join('/')}`);
    return `${cause} ${confidence}${list('also', also)}${list('or', alternatives)}`;
  });
  const findings = report.findings().map(({ rule, confidence, connections }) => `${rule} ${confidence}: ${connections.join(' ')}`);
  return { closes, findings, report };
}

/** The rules found. */
export function rules({ findings }: Diagnosed): string[] {
  return findings.map((finding) => finding.split(' ')[0]!);
}
