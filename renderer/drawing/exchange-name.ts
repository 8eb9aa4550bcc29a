import { safeBytes, shortenMiddle } from '../../shared/format/safe-text.ts';
import type { ExchangeReport } from '../../shared/model/connection.ts';

/** What an exchange is called above its bar, in about so many letters: "GET 8841". */
export function exchangeName({ request }: ExchangeReport, letters: number): string {
  return shortenMiddle(request === null ? 'response' : `${safeBytes(request.method)} ${lastPart(safeBytes(request.target))}`, Math.min(MOST, letters));
}

const MOST = 36;

/** "/v1/items/8841" is told apart from its neighbours by its end. */
function lastPart(target: string): string {
  const path = target.split('?', 1)[0]!;
  return path.slice(path.lastIndexOf('/', path.length - 2) + 1) || target;
}
