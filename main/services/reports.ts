import { AppError } from '../app-error.ts';
import { reportFormat, reportFormats } from '../analysis/report-formats.ts';
import type { Platform, SaveTarget } from '../platform/platform.ts';
import type { Analyses } from './analyses.ts';
import type { RequestHandlers } from './handlers.ts';
import { saveFile } from './save-file.ts';

type Requests = 'reports.formats' | 'reports.preview' | 'reports.save' | 'packets.save' | 'wireshark.open';

/** The handlers that make files of an analysis, and show its packets elsewhere. */
export function reportHandlers(analyses: Analyses, platform: Platform): Pick<RequestHandlers, Requests> {
  const save = (name: string, write: (target: SaveTarget) => Promise<unknown>) => saveFile(platform, name, write);
  return {
    'reports.formats': () => reportFormats(),
    'reports.preview': ({ analysisId, ...scope }, { signal }) => analyses.host(analysisId).ask('reports.preview', scope, signal),
    'reports.save': ({ analysisId, ...scope }, { signal }) => {
      const host = analyses.host(analysisId);
      const { extension } = reportFormat(scope.format);
      return save(`${analyses.fileName(analysisId)}-reuse${extension}`, ({ path }) => host.ask('reports.write', { ...scope, path }, signal));
    },
    'packets.save': ({ analysisId, ids }, { signal }) => {
      const host = analyses.host(analysisId);
      const which = ids.length === 1 ? `connection-${ids[0]}` : `${ids.length}-connections`;
      return save(`${analyses.fileName(analysisId)}-${which}.pcapng`, ({ path }) => host.ask('packets.write', { ids, path }, signal));
    },
    'wireshark.open': async ({ analysisId, frame }, { signal }) => {
      if ((await platform.wireshark()) === null) throw new AppError('wireshark-not-found', 'Wireshark is not installed here');
      const found = await analyses.host(analysisId).ask('frames.find', { frame }, signal);
      await platform.openInWireshark(found.path, found.frame);
      return null;
    },
  };
}
