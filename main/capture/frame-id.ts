/**
 * A frame id is one int32 for (capture, frame number): with n captures the upper ceil(log2(n)) bits are the capture's
 * index and the lower ones the frame's number in that capture, from 1 as Wireshark counts. With one capture the id is
 * the frame number. Every function takes n, because an id alone does not say where its bits part.
 */

/** The largest frame number an id can hold; frames behind it all get this one. */
export function maxFrame(captures: number): number {
  return 2 ** (32 - captureBits(captures)) - 1;
}

/** The id of a frame, as an int32 (negative from 2^31 on: keep it in an Int32Array or a Uint32Array alike). */
export function frameId(capture: number, frame: number, captures: number): number {
  const bits = captureBits(captures);
  const number = Math.min(frame, maxFrame(captures));
  // A shift by 32 is a shift by 0 in JavaScript: one capture has no bits of its own.
  return bits === 0 ? number | 0 : (capture << (32 - bits)) | number;
}

/** Index of the capture. */
export function captureOf(id: number, captures: number): number {
  const bits = captureBits(captures);
  return bits === 0 ? 0 : id >>> (32 - bits);
}

/** Frame number in its capture. */
export function frameOf(id: number, captures: number): number {
  const bits = captureBits(captures);
  return bits === 0 ? id >>> 0 : (id << bits) >>> bits;
}

/** How reports name the frame: 12 where there is one capture, "0:12" where there are more. */
export function frameReference(id: number, captures: number): number | string {
  return numberReference(captureOf(id, captures), frameOf(id, captures), captures);
}

/** The same by the capture's index and the frame's number in it. */
export function numberReference(capture: number, frame: number, captures: number): number | string {
  return captures <= 1 ? frame : `${capture}:${frame}`;
}

function captureBits(captures: number): number {
  return captures <= 1 ? 0 : 32 - Math.clz32(captures - 1);
}
