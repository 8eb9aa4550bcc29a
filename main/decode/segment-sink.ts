import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';

/** What the decoder hands its TCP segments to. Called once per segment: no objects, only offsets. */
export interface SegmentSink {
  /** The batch that the following `segment` calls speak of, until the next `begin`. */
  begin(batch: RecordBatch): void;

  /**
   * One TCP segment.
   *
   * @param block the bytes: the batch's own, or those of a datagram put together from fragments
   * @param record index in the batch: `batch.time[record]` is its time, `batch.firstFrame + record` its frame
   * @param path how it travelled: an id of NetworkPaths (IP version, VLANs, tunnel); part of the connection's identity
   * @param addresses offset of the source address in `block`; the destination address follows it (4 + 4 or 16 + 16 bytes)
   * @param ip offset of the IP header (IPv4: its identification is at ip + 4; IPv6 has none)
   * @param tcp offset of the TCP header; its 20 fixed bytes can be read: what the snap length cut of the last four, checksum and urgent pointer, as 0
   * @param payload offset of the first payload byte (tcp + data offset)
   * @param end offset just behind the payload as it was on the wire, from the IP header's length; payload <= end
   * @param capturedEnd offset just behind the last captured byte of the segment; may be below `payload` (options cut) or `end` (payload cut)
   */
  segment(
    block: ByteBlock,
    record: number,
    path: number,
    addresses: number,
    ip: number,
    tcp: number,
    payload: number,
    end: number,
    capturedEnd: number,
  ): void;
}
