import { Pipeline } from '../../main/analysis/pipeline.ts';
import { ByteBlock, RecordBatch } from '../../main/capture/record-batch.ts';
import { ConnectionView } from '../../main/store/connection-view.ts';
import type { Packet } from './packets.ts';
import { concat } from './packets.ts';

/** The connections that all stages behind the file reader find in packets of one capture, in order. */
export function analyzePackets(packets: readonly Packet[], linkType = 1): ReturnType<ConnectionView['connection']>[] {
  const pipeline = new Pipeline(1, { keepHeads: false });
  for (let from = 0; from < packets.length; from += RecordBatch.CAPACITY) {
    const batch = toBatch(packets.slice(from, from + RecordBatch.CAPACITY), linkType);
    batch.firstFrame = from + 1;
    pipeline.push(batch, 0, batch.count);
  }
  pipeline.finish();
  const view = new ConnectionView(pipeline.store, { captures: 1, redactTarget: same, redactHost: same, redactHeaders: (headers) => headers.map(([name, value]) => [name, value]) });
  return Array.from({ length: pipeline.store.connections.count }, (_, row) => view.connection(row));
}

/** Packets as the readers hand them on; the first is frame 1 unless `firstFrame` is set. */
export function toBatch(packets: readonly Packet[], linkType = 1): RecordBatch {
  const batch = new RecordBatch(new ByteBlock(concat(packets.map((packet) => packet.bytes))));
  let offset = 0;
  for (const [record, { time, bytes }] of packets.entries()) {
    batch.offset[record] = offset;
    batch.captured[record] = bytes.length;
    batch.linkType[record] = linkType;
    batch.time[record] = Math.round(time * 1e9);
    offset += bytes.length;
  }
  batch.count = packets.length;
  return batch;
}

function same(text: string): string {
  return text;
}
