import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../main/findings/catalog.ts';
import { writeJunit } from '../../../main/report/junit.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { writeSarif } from '../../../main/report/sarif.ts';
import { captureReport, findingReport, reportModel } from '../../kit/report-fixtures.ts';
import type { XmlElement } from '../../kit/xml.ts';
import { parseXml } from '../../kit/xml.ts';

/** What Jenkins' schema of the format (junit-10.xsd) lets stand in each element that we write; `!` is required. */
const JUNIT: Record<string, { readonly attributes: string; readonly children: string }> = {
  testsuites: { attributes: 'name time tests failures errors', children: 'testsuite' },
  testsuite: { attributes: 'name! tests! failures! errors! group time skipped timestamp hostname id package file log url', children: 'testsuite properties testcase system-out system-err' },
  properties: { attributes: '', children: 'property' },
  property: { attributes: 'name! value!', children: '' },
  testcase: { attributes: 'name! time classname group', children: 'skipped error failure system-out system-err' },
  error: { attributes: 'type message', children: '' },
  failure: { attributes: 'type message', children: '' },
  'system-out': { attributes: '', children: '' },
};

function problemsOfJunit({ name, attributes, children, text }: XmlElement): string[] {
  const rules = JUNIT[name]!;
  const known = rules.attributes.split(' ');
  return [
    ...Object.keys(attributes).filter((key) => !known.includes(key) && !known.includes(`${key}!`)).map((key) => `${name} has ${key}`),
    ...known.filter((key) => key.endsWith('!') && attributes[key.slice(0, -1)] === undefined).map((key) => `${name} lacks ${key}`),
    ...(attributes['time'] === undefined || /^(?:\d{1,3}(?:,\d{3})*|\d+)(?:\.\d*)?$/.test(attributes['time']) ? [] : [`time ${attributes['time']}`]),
    ...(children.length > 0 && text.trim() !== '' ? [`${name} mixes text and elements`] : []),
    ...children.flatMap((child) => (rules.children.split(' ').includes(child.name) ? problemsOfJunit(child) : [`${child.name} in ${name}`])),
  ];
}

async function junit(model: ReportModel): Promise<XmlElement> {
  let text = '';
  await writeJunit(model, (piece) => void (text += piece));
  const root = parseXml(text);
  expect(problemsOfJunit(root)).toEqual([]);
  return root;
}

interface Sarif {
  readonly $schema: string;
  readonly version: string;
  readonly runs: {
    readonly tool: { readonly driver: { readonly name: string; readonly version: string; readonly rules: { readonly id: string; readonly name: string; readonly shortDescription: { readonly text: string }; readonly defaultConfiguration: { readonly level: string } }[] } };
    readonly artifacts: { readonly location: { readonly uri: string }; readonly length: number }[];
    readonly invocations: { readonly executionSuccessful: boolean; readonly toolExecutionNotifications: { readonly level: string; readonly message: { readonly text: string } }[] }[];
    readonly results: {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly rank: number;
      readonly message: { readonly text: string };
      readonly locations: { readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string; readonly index: number } }; readonly logicalLocations?: { readonly fullyQualifiedName: string }[] }[];
      readonly partialFingerprints: Record<string, string>;
      readonly properties: { readonly connections: number[]; readonly connectionCount: number };
    }[];
  }[];
}

/** The schema of OASIS as Microsoft publishes it, without what says that it is of draft 04: Ajv reads the rest alike. */
const { definitions, properties, required, type } = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as Record<string, object>;
const isUriReference = (text: string): boolean => URL.canParse(text, 'file:///base/') && !/[\s"<>\\^`{|}]/.test(text);
// One pattern of the schema has a stray bracket, which only Unicode expressions refuse.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, formats: { uri: (text: string) => URL.canParse(text), 'uri-reference': isUriReference, 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });
const validate = ajv.compile({ definitions, properties, required, type, additionalProperties: false });

async function sarif(model: ReportModel): Promise<Sarif['runs'][number]> {
  let text = '';
  await writeSarif(model, (piece) => void (text += piece), { version: '0.1.0' });
  const log = JSON.parse(text) as Sarif;
  expect(validate(log), ajv.errorsText(validate.errors)).toBe(true);
  expect(problemsOf(log)).toEqual([]);
  return log.runs[0]!;
}

/** What SARIF 2.1.0 (OASIS) demands beyond its schema, of what we write: sections 3.13, 3.14, 3.18, 3.19, 3.24, 3.27, 3.28, 3.49, 3.4. */
function problemsOf(log: Sarif): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, what: string) => void (holds || problems.push(what));
  const levels = ['none', 'note', 'warning', 'error'];
  must(log.version === '2.1.0' && URL.canParse(log.$schema), 'version');
  must(Object.keys(log).every((key) => ['$schema', 'version', 'runs'].includes(key)), 'unknown members');
  for (const { tool, artifacts, results, invocations } of log.runs) {
    const { rules } = tool.driver;
    must(tool.driver.name !== '', 'driver name');
    must(new Set(rules.map(({ id }) => id)).size === rules.length, 'rule ids are unique');
    for (const rule of rules) must(levels.includes(rule.defaultConfiguration.level) && rule.shortDescription.text !== '' && /^[A-Z]\w*$/.test(rule.name), `rule ${rule.id}`);
    for (const { location, length } of artifacts) must(isUriReference(location.uri) && Number.isInteger(length) && length >= -1, `artifact ${location.uri}`);
    for (const { executionSuccessful, toolExecutionNotifications } of invocations) must(typeof executionSuccessful === 'boolean' && toolExecutionNotifications.every(({ level, message }) => levels.includes(level) && message.text !== ''), 'invocation');
    for (const result of results) {
      must(rules[result.ruleIndex]?.id === result.ruleId, `rule of ${result.ruleId}`);
      must(levels.includes(result.level) && result.rank >= 0 && result.rank <= 100 && result.message.text !== '', `result ${result.ruleId}`);
      must(Object.values(result.partialFingerprints).every((value) => typeof value === 'string' && value !== ''), 'fingerprint');
      for (const { physicalLocation } of result.locations) {
        if (physicalLocation === undefined) continue;
        const { uri, index } = physicalLocation.artifactLocation;
        must(isUriReference(uri) && artifacts[index]?.location.uri === uri, `location ${uri}`);
      }
    }
  }
  return problems;
}

/** Text that could end an attribute, an element, a string or a line. */
const HOSTILE = `]]>"'<&>\n\x00\x1b\ud800\u202e</failure><testcase name="x"/>`;

describe('JUnit', () => {
  it('has a test case for each rule, and fails those with findings of error or warning', async () => {
    const findings = [findingReport(), findingReport({ id: 2, severity: 'error' }), findingReport({ id: 3, rule: 'process-exit', severity: 'info' })];
    const root = await junit(reportModel({ findings }));
    const [suite] = root.children;
    const cases = suite!.children.filter(({ name }) => name === 'testcase');
    expect(cases.map(({ attributes }) => attributes['name'])).toEqual([...RULES]);
    expect(root.attributes).toMatchObject({ tests: String(RULES.length), failures: '1', errors: '0' });
    expect(suite!.attributes).toMatchObject({ name: 'connection reuse', tests: String(RULES.length), failures: '1', errors: '0', skipped: '0' });
    const failing = cases.filter(({ children }) => children.some(({ name }) => name === 'failure'));
    expect(failing.map(({ attributes }) => attributes['name'])).toEqual(['undrained-response']);
    expect(failing[0]!.children[0]!.attributes).toMatchObject({ type: 'error', message: expect.stringContaining('2 findings') as string });
    expect(failing[0]!.children[0]!.text).toContain('frame 10: RST with all bytes acknowledged\n  To change: Read the body');
    const exit = cases.find(({ attributes }) => attributes['name'] === 'process-exit')!;
    expect(exit.children.map(({ name }) => name)).toEqual(['system-out']);
  });

  it('tells captures that could not be read as errors', async () => {
    const root = await junit(reportModel({ unreadable: [{ path: 'x.pcap', code: 'file-not-found', message: 'x.pcap does not exist' }] }));
    expect(root.attributes).toMatchObject({ errors: '1', failures: '0', tests: String(RULES.length + 1) });
    expect(root.children[0]!.children.find(({ attributes }) => attributes['name'] === 'x.pcap')!.children[0]).toMatchObject({ name: 'error', attributes: { type: 'file-not-found' } });
  });

  it('writes out no more than 20 findings of a rule', async () => {
    const root = await junit(reportModel({ findings: Array.from({ length: 1000 }, (_, i) => findingReport({ id: i + 1 })) }));
    const failure = root.children[0]!.children.find(({ attributes }) => attributes['name'] === 'undrained-response')!.children[0]!;
    expect(failure.text).toContain('and 980 findings more');
    expect(failure.text.length).toBeLessThan(20_000);
  });

  it('stays XML whatever a capture or file name holds', async () => {
    const model = reportModel({
      captures: [captureReport({ path: HOSTILE })],
      unreadable: [{ path: HOSTILE, code: 'x', message: HOSTILE }],
      findings: [findingReport({ explanation: HOSTILE, title: HOSTILE, evidence: [{ frame: 1, note: HOSTILE }] })],
    });
    const cases = (await junit(model)).children[0]!.children.filter(({ name }) => name === 'testcase');
    expect(cases).toHaveLength(RULES.length + 1);
  });
});

describe('SARIF', () => {
  it('has the catalogue as rules and a result for each finding, in the capture of its first frame', async () => {
    const findings = [findingReport({ evidence: [{ frame: '1:10', note: 'RST' }] }), findingReport({ id: 2, rule: 'missed-reuse', severity: 'info', confidence: 'likely', endpoint: null, evidence: [] })];
    const run = await sarif(reportModel({ captures: [captureReport(), captureReport({ path: '/tmp/b c.pcap' })], findings }));
    expect(run.tool.driver.rules.map(({ id }) => id)).toEqual([...RULES]);
    expect(run.artifacts.map(({ location }) => location.uri)).toEqual(['checkout.pcap', 'file:///tmp/b%20c.pcap']);
    expect(run.results[0]).toMatchObject({ ruleId: 'undrained-response', level: 'warning', rank: 100, properties: { connections: [1], connectionCount: 1 } });
    expect(run.results[0]!.locations[0]).toEqual({
      physicalLocation: { artifactLocation: { uri: 'file:///tmp/b%20c.pcap', index: 1 } },
      logicalLocations: [{ fullyQualifiedName: '10.9.0.1 -> 10.9.0.2:8080', kind: 'resource' }],
    });
    expect(run.results[0]!.message.text).toContain('Frame 1:10: RST');
    expect(run.results[1]).toMatchObject({ level: 'note', rank: 70, ruleId: 'missed-reuse' });
  });

  it('gives a finding the same fingerprint in the next run', async () => {
    const print = async (client: string, server: string) => (await sarif(reportModel({ findings: [findingReport({ endpoint: { client, server, port: 80 } })] }))).results[0]!.partialFingerprints;
    expect(await print('10.0.0.1', '10.0.0.9')).toEqual(await print('10.0.0.2', '10.0.0.9'));
    expect(await print('10.0.0.1', '10.0.0.9')).not.toEqual(await print('10.0.0.1', '10.0.0.8'));
  });

  it('says that a run did not succeed where a capture could not be read', async () => {
    const run = await sarif(reportModel({ unreadable: [{ path: 'x y.pcap', code: 'file-not-found', message: 'x y.pcap does not exist' }] }));
    expect(run.invocations[0]).toMatchObject({ executionSuccessful: false, toolExecutionNotifications: [{ message: { text: 'x y.pcap does not exist' } }] });
  });

  it('names 100 connections of a finding and says how many there are', async () => {
    const connections = Array.from({ length: 5000 }, (_, i) => i + 1);
    const [result] = (await sarif(reportModel({ findings: [findingReport({ connections })] }))).results;
    expect([result!.properties.connections.length, result!.properties.connectionCount]).toEqual([100, 5000]);
  });

  it('stays SARIF whatever a capture or file name holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        await sarif(reportModel({ captures: [captureReport({ path: text || 'x' })], findings: [findingReport({ explanation: text + HOSTILE })] }));
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
