/** The capture of a shape, generated unless it is there already. */
export function ensureCapture(
  shape: 'a' | 'b' | 'c',
  options?: { folder?: string; size?: number; seed?: number },
): { path: string; bytes: number; packets: number; connections: number; requests: number; responses: number };
export function defaultFolder(): string;
export const shapeNames: readonly string[];
export function shapeTitle(shape: string): string;
