/*
 * The fields of the tables: what can be shown as a column, sorted, filtered and counted as a facet. The page completes
 * and explains the query language from this list, the program answers by it.
 */
import { CLOSE_CAUSES, FURTHER_RULES } from '../model/report.ts';
import type { TableName } from '../model/view.ts';

export type FieldKind = 'text' | 'number' | 'seconds' | 'bytes' | 'time' | 'choice' | 'choices' | 'marks';

export interface Field {
  /** As the query language and the columns name it. */
  readonly id: string;
  /** Column head. */
  readonly label: string;
  readonly kind: FieldKind;
  /** For completion and help, one line. */
  readonly about: string;
  /** Values of a choice, where they are fixed. */
  readonly values?: readonly string[];
  /** Shown as a facet. */
  readonly facet?: boolean;
  /** Only to filter by, or only to show. */
  readonly only?: 'filter' | 'column';
  /** Of the column in pixels at first; 0: not among the first columns. */
  readonly width: number;
}

const connections: readonly Field[] = [
  { id: 'id', label: '#', kind: 'number', about: 'number of the connection', width: 62 },
  { id: 'client', label: 'Client', kind: 'text', about: 'client address, also with its port', width: 146 },
  { id: 'server', label: 'Server', kind: 'text', about: 'server address, also with its port', width: 146 },
  { id: 'host', label: 'Host', kind: 'text', about: 'Host of its requests, or the server name of TLS', facet: true, width: 112 },
  { id: 'start', label: 'Start', kind: 'time', about: 'first packet, in seconds since the first of the capture', width: 94 },
  { id: 'lane', label: 'Course', kind: 'marks', about: 'its course, on a scale of 1 ms to 100 s', only: 'column', width: 90 },
  { id: 'duration', label: 'Duration', kind: 'seconds', about: 'from its first packet to its last', width: 64 },
  { id: 'requests', label: 'Req', kind: 'number', about: 'requests it carried', width: 38 },
  { id: 'idle', label: 'Idle max', kind: 'seconds', about: 'longest time without a new byte between exchanges', width: 68 },
  { id: 'probes', label: 'Probes', kind: 'number', about: 'TCP keep-alive probes, both directions', width: 52 },
  { id: 'closed_by', label: 'Closed by', kind: 'choice', about: 'who sent the first FIN or RST', values: ['client', 'server', 'nobody'], facet: true, width: 74 },
  { id: 'closed_with', label: 'With', kind: 'choice', about: 'how it ended', values: ['fin', 'rst', 'open', 'replaced'], facet: true, width: 0 },
  { id: 'cause', label: 'Cause', kind: 'choice', about: 'why it closed', values: CLOSE_CAUSES, facet: true, width: 132 },
  { id: 'confidence', label: 'Confidence', kind: 'choice', about: 'how sure the cause is', values: ['certain', 'likely', 'possible'], facet: true, width: 0 },
  { id: 'finding', label: 'Findings', kind: 'choices', about: 'rules with a finding that names it', values: [...CLOSE_CAUSES, ...FURTHER_RULES], facet: true, width: 132 },
  { id: 'protocol', label: 'Protocol', kind: 'choice', about: 'what it carried', values: ['http/1', 'tls', 'http/2', 'websocket', 'tunnel', 'other', 'none'], facet: true, width: 0 },
  { id: 'endpoint', label: 'Endpoint', kind: 'text', about: 'client -> server:port', only: 'filter', facet: true, width: 0 },
  { id: 'stack', label: 'Stack', kind: 'text', about: 'software of client and server, where it was recognised', facet: true, width: 0 },
  { id: 'handshake', label: 'Handshake', kind: 'seconds', about: 'from SYN to the ACK of the SYN-ACK', width: 0 },
  { id: 'bytes_client', label: 'Sent', kind: 'bytes', about: 'TCP payload of the client', width: 0 },
  { id: 'bytes_server', label: 'Received', kind: 'bytes', about: 'TCP payload of the server', width: 0 },
  { id: 'packets', label: 'Packets', kind: 'number', about: 'packets, both directions', width: 0 },
  { id: 'retransmissions', label: 'Retrans.', kind: 'number', about: 'segments that repeat bytes', width: 0 },
  { id: 'close_delay', label: 'Close delay', kind: 'seconds', about: 'from the last new byte to the first FIN or RST', width: 0 },
  { id: 'status', label: 'Status', kind: 'number', about: 'status of any of its responses', only: 'filter', width: 0 },
  { id: 'method', label: 'Method', kind: 'text', about: 'method of any of its requests', only: 'filter', width: 0 },
  { id: 'target', label: 'Target', kind: 'text', about: 'target of any of its requests', only: 'filter', width: 0 },
  { id: 'frame', label: 'First frame', kind: 'number', about: 'first frame, as Wireshark numbers it', width: 0 },
];

const exchanges: readonly Field[] = [
  { id: 'id', label: '#', kind: 'number', about: 'number of the exchange', width: 62 },
  { id: 'connection', label: 'Conn', kind: 'number', about: 'number of its connection', width: 62 },
  { id: 'index', label: 'Nth', kind: 'number', about: 'which request of its connection it was, from 1', width: 40 },
  { id: 'start', label: 'Start', kind: 'time', about: 'first byte of the request', width: 102 },
  { id: 'method', label: 'Method', kind: 'text', about: 'request method', facet: true, width: 62 },
  { id: 'host', label: 'Host', kind: 'text', about: 'Host of the request', facet: true, width: 130 },
  { id: 'target', label: 'Target', kind: 'text', about: 'request target, secrets masked', width: 236 },
  { id: 'status', label: 'Status', kind: 'number', about: 'status of the final response', facet: true, width: 54 },
  { id: 'idle_before', label: 'Idle before', kind: 'seconds', about: 'idle time of the connection before it', width: 78 },
  { id: 'wait', label: 'Wait', kind: 'seconds', about: 'from the last byte of the request to the first of the response', width: 66 },
  { id: 'download', label: 'Load', kind: 'seconds', about: 'from the first byte of the response to its last', width: 62 },
  { id: 'request_bytes', label: 'Sent', kind: 'bytes', about: 'body of the request', width: 62 },
  { id: 'response_bytes', label: 'Body', kind: 'bytes', about: 'body of the response', width: 66 },
  { id: 'framing', label: 'Framing', kind: 'choice', about: 'how the response says where it ends', values: ['none', 'content-length', 'chunked', 'until-close', 'upgrade', 'tunnel', 'unknown'], facet: true, width: 0 },
  { id: 'complete', label: 'Complete', kind: 'choice', about: 'the end of the response was seen', values: ['yes', 'no', 'unanswered'], facet: true, width: 76 },
  { id: 'read', label: 'Read', kind: 'choice', about: 'read, or estimated from whose turn it was to send inside TLS', values: ['read', 'estimated'], width: 0 },
  { id: 'frame', label: 'Frame', kind: 'number', about: 'frame of the first byte, as Wireshark numbers it', width: 0 },
];

export const FIELDS: Readonly<Record<TableName, readonly Field[]>> = { connections, exchanges };
