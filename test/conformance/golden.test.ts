import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { TEXT_FORMATS, type TextFormat, writeReport } from '../../main/report/formats.ts';

const SAMPLES = fileURLToPath(new URL('../../resources/samples/', import.meta.url));
const FOR_PEOPLE = ['text', 'html', 'markdown', 'json'] as const;

/** The bundled samples, and the formats that are kept of them; the last one has 28,280 connections. */
const GOLDEN: readonly (readonly [sample: string, formats: readonly TextFormat[]])[] = [
  ['undrained-go.pcap', TEXT_FORMATS],
  ['keep-alive-probes.pcap', FOR_PEOPLE],
  ['nginx-idle.pcap', FOR_PEOPLE],
  ['stalled-patch.pcap.gz', FOR_PEOPLE],
  ['transport-per-request.pcap.gz', ['text', 'markdown']],
];

/*
 * Whole reports as they were when somebody last read them, in test/golden. A change is shown line by line; one that is
 * meant is taken over by `npx vitest run test/conformance/golden.test.ts -u`, looked at (HTML in a browser, in both
 * themes and in print) and committed.
 */
describe.each(GOLDEN)('reports of the sample %s', (sample, formats) => {
  it('read as they were read by a person', async () => {
    const report = new AnalysisReport(await analyze([SAMPLES + sample]), { redact: true });
    for (const format of formats) {
      let written = '';
      await writeReport(report, (piece) => void (written += piece), { format, version: '0.0.0', color: false, width: 100 });
      const extension = { text: 'txt', markdown: 'md', junit: 'junit.xml', sarif: 'sarif.json', har: 'har' }[format as string] ?? format;
      await expect(written.replaceAll(SAMPLES, '')).toMatchFileSnapshot(`../golden/${sample.replace(/\.pcap.*/, '')}.${extension}`);
    }
  });
});
