import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { writeHtml } from '../../../main/report/html.ts';
import { writeMarkdown } from '../../../main/report/markdown.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';

const REQUEST =
  'GET /pay/session=hunter2path?token=hunter2query&page=2 HTTP/1.1\r\nHost: user:hunter2host@api.example\r\nAuthorization: Bearer hunter2bearer\r\nCookie: sid=hunter2cookie\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nSet-Cookie: sid=hunter2set\r\nContent-Length: 12\r\n\r\nhunter2body!';

test.each([
  ['HTML', writeHtml],
  ['Markdown', writeMarkdown],
] as const)('%s of a capture full of secrets holds none, not in the ladder either', async (_, write) => {
  const talk = conversation().handshake().client(REQUEST).ack('server').server(RESPONSE).ack('client').close('client');
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-secrets-'));
  try {
    const path = join(folder, 'capture.pcap');
    writeFileSync(path, toPcap(talk.packets));
    const reportWith = async (redact: boolean): Promise<string> => {
      let text = '';
      await write(new AnalysisReport(await analyze([path]), { redact }), (piece) => void (text += piece), { version: '0.1.0' });
      return text;
    };
    expect(await reportWith(true)).not.toContain('hunter2');
    expect(await reportWith(true)).toContain('[redacted');
    // They were there to be found.
    expect(await reportWith(false)).toContain('hunter2query');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
