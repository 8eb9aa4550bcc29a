import { ByteBlock, RecordBatch } from '../../../main/capture/record-batch.ts';
import type { Anomaly } from '../../../main/decode/anomalies.ts';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';
import type { DecoderOptions } from '../../../main/decode/decoder.ts';
import { Decoder } from '../../../main/decode/decoder.ts';
import type { NetworkPath } from '../../../main/decode/network-paths.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import type { SegmentSink } from '../../../main/decode/segment-sink.ts';
import { formatIpv4, formatIpv6 } from '../../../shared/format/ip-address.ts';

/** Bytes from numbers (one byte each), hexadecimal text (spaces ignored) and bytes, one after another. */
export function bytes(...parts: (number | string | Uint8Array)[]): Uint8Array {
  const all: number[] = [];
  for (const part of parts) {
    if (typeof part === 'number') all.push(part);
    else if (typeof part === 'string') for (const pair of part.replaceAll(' ', '').match(/../g) ?? []) all.push(parseInt(pair, 16));
    else all.push(...part);
  }
  return Uint8Array.from(all);
}

export const short = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
export const shortLE = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8);
export const long = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
export const longLE = (value: number): Uint8Array => long(value).reverse();
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function tcp(payload = 'GET', options: { options?: Uint8Array; dataOffset?: number } = {}): Uint8Array {
  const field = options.options ?? new Uint8Array();
  const dataOffset = options.dataOffset ?? 5 + field.length / 4;
  return bytes(short(40000), short(80), long(1), long(2), dataOffset << 4, 0x18, short(1000), long(0), field, text(payload));
}

export function udp(source: number, destination: number, payload: Uint8Array): Uint8Array {
  return bytes(short(source), short(destination), short(8 + payload.length), short(0), payload);
}

export interface Ipv4Fields {
  protocol?: number;
  id?: number;
  /** In bytes. */
  offset?: number;
  more?: boolean;
  options?: Uint8Array;
  totalLength?: number;
  source?: string;
  destination?: string;
}

export function ipv4(payload: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const options = fields.options ?? new Uint8Array();
  const headerLength = 20 + options.length;
  return bytes(
    0x40 | (headerLength / 4), 0, short(fields.totalLength ?? headerLength + payload.length), short(fields.id ?? 7),
    short((fields.more === true ? 0x2000 : 0) | ((fields.offset ?? 0) / 8)), 64, fields.protocol ?? 6, short(0),
    fields.source ?? '0a000001', fields.destination ?? '0a000002', options, payload,
  );
}

export const IPV6_SOURCE = '20010db8 00000000 00000000 00000001';
export const IPV6_DESTINATION = '20010db8 00000000 00000000 00000002';

export function ipv6(payload: Uint8Array, fields: { next?: number; payloadLength?: number } = {}): Uint8Array {
  return bytes(0x60, 0, 0, 0, short(fields.payloadLength ?? payload.length), fields.next ?? 6, 64, IPV6_SOURCE, IPV6_DESTINATION, payload);
}

export function ethernet(type: number, payload: Uint8Array): Uint8Array {
  return bytes('020000000002', '020000000001', short(type), payload);
}

/** One record: a frame of a link type; `time` in seconds. */
export interface Frame {
  bytes: Uint8Array;
  linkType: number;
  time?: number;
}

/** A segment as a test likes to read it. */
export interface Segment {
  frame: number;
  from: string;
  to: string;
  /** The payload that is in the capture. */
  payload: string;
  /** Length of the payload on the wire. */
  length: number;
  path: NetworkPath;
}

export interface Decoded {
  segments: Segment[];
  anomalies: readonly Anomaly[];
}

/**
 * Decodes frames of one capture, checks what SegmentSink promises of every segment, and makes them readable.
 *
 * @param outside the byte that lies between the records: nothing may depend on it
 */
export function decode(frames: readonly Frame[], options: DecoderOptions = {}, outside = 0xee): Decoded {
  const segments: Segment[] = [];
  const paths = new NetworkPaths();
  const counter = new AnomalyCounter();
  let batch!: RecordBatch;
  const sink: SegmentSink = {
    begin: (begun) => (batch = begun),
    segment: (block, record, path, addresses, ip, tcpAt, payload, end, capturedEnd) => {
      const isIpv6 = (path & 1) === 1;
      const inBatch = block === batch.block;
      const first = inBatch ? batch.offset[record]! : 0;
      const last = inBatch ? first + batch.captured[record]! : block.bytes.length;
      const addressLength = isIpv6 ? 32 : 8;
      const ordered = first <= ip && ip < addresses && addresses + addressLength <= tcpAt && tcpAt + 20 <= payload && payload <= end;
      const captured = tcpAt + 20 <= capturedEnd && capturedEnd <= end && capturedEnd <= last;
      if (!ordered || !captured || payload > tcpAt + 60 || block.bytes[ip]! >> 4 !== (isIpv6 ? 6 : 4)) {
        throw new Error(`offsets that break the contract: ${JSON.stringify({ first, last, path, addresses, ip, tcpAt, payload, end, capturedEnd })}`);
      }
      const format = isIpv6 ? formatIpv6 : formatIpv4;
      segments.push({
        frame: batch.firstFrame + record,
        from: `${format(block.bytes, addresses)} ${block.view.getUint16(tcpAt)}`,
        to: `${format(block.bytes, addresses + addressLength / 2)} ${block.view.getUint16(tcpAt + 2)}`,
        payload: new TextDecoder('latin1').decode(block.bytes.subarray(payload, Math.max(payload, capturedEnd))),
        length: end - payload,
        path: paths.get(path),
      });
    },
  };
  const decoder = new Decoder(sink, paths, [counter], options);
  for (let start = 0; start < frames.length; start += RecordBatch.CAPACITY) {
    const part = frames.slice(start, start + RecordBatch.CAPACITY);
    decoder.decode(batchOf(part, start + 1, outside), 0, part.length);
  }
  decoder.finish();
  return { segments, anomalies: counter.entries() };
}

/** Records lie apart by bytes that no reader may touch; behind the last one nothing is left, so that reading on shows. */
function batchOf(frames: readonly Frame[], firstFrame: number, outside: number): RecordBatch {
  const gap = 16;
  const all = new Uint8Array(frames.reduce((sum, frame) => sum + gap + frame.bytes.length, 0)).fill(outside);
  const batch = new RecordBatch(new ByteBlock(all));
  let at = 0;
  frames.forEach((frame, i) => {
    at += gap;
    all.set(frame.bytes, at);
    batch.offset[i] = at;
    batch.captured[i] = frame.bytes.length;
    batch.linkType[i] = frame.linkType;
    batch.time[i] = (frame.time ?? 0) * 1e9;
    at += frame.bytes.length;
  });
  batch.count = frames.length;
  batch.firstFrame = firstFrame;
  return batch;
}

/** Decodes Ethernet frames. */
export function decodeEthernet(...frames: Uint8Array[]): Decoded {
  return decode(frames.map((frame) => ({ bytes: frame, linkType: 1 })));
}

/** The codes of the anomalies with their counts. */
export function codes(decoded: Decoded): Record<string, number> {
  return Object.fromEntries(decoded.anomalies.map((anomaly) => [anomaly.code, anomaly.count]));
}

/** What a plain segment of `tcp()` in `ipv4()` or `ipv6()` must come out as. */
export function plain(path: Partial<NetworkPath> = {}, frame = 1): Segment {
  const isIpv6 = path.ipVersion === 6;
  return {
    frame,
    from: isIpv6 ? '2001:db8::1 40000' : '10.0.0.1 40000',
    to: isIpv6 ? '2001:db8::2 80' : '10.0.0.2 80',
    payload: 'GET',
    length: 3,
    path: { ipVersion: 4, vlans: [], tunnel: null, ...path },
  };
}
