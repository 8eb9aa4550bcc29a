import { join } from 'node:path';
import { productFolder } from './product-files.ts';

/** The capture helper of the built product, a process of its own. */
export function captureHelperEntry(): string {
  return join(productFolder(), 'dist', 'capture', 'capture-helper.js');
}
