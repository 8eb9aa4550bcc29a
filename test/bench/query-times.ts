import { diagnose } from '../../main/findings/diagnose.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { Results } from '../../main/analysis/results.ts';
import type { SortKey } from '../../main/store/table-query.ts';

const FILTERS = ['requests:<2 closed_by:client', 'client:10.*', 'host:*a*', 'status:200', 'duration:>10ms OR idle:>1s', 'cause:undrained* NOT finding:missed-reuse', 'api', '80', 'target:*1*'];
const SORTS = ['start', 'duration', 'client', 'server', 'host', 'requests', 'idle', 'closed_by', 'cause', 'finding', 'stack', 'probes', 'cause client duration'];
const FACETS = ['host', 'closed_by', 'closed_with', 'cause', 'confidence', 'finding', 'protocol', 'endpoint', 'stack'];

/** How long filters, sorts and facets of all connections of a capture take: [what, milliseconds, milliseconds of processor, rows]. */
export async function queryTimes(path: string, runs: number): Promise<[what: string, wall: number, processor: number, rows: number][]> {
  const result = await analyze([path]);
  const { store } = result.pipeline;
  const diagnosis = diagnose(store, null, { portBudget: 28_232 });
  const times: [string, number, number, number][] = [];
  const measure = (what: string, work: (results: Results) => number): void => {
    const walls: number[] = [];
    const processor: number[] = [];
    let rows = 0;
    for (let run = 0; run < runs; run++) {
      // Nothing is remembered of the run before.
      const results = new Results(result, diagnosis, true, run);
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      rows = work(results);
      walls.push(performance.now() - wall);
      processor.push(process.cpuUsage(cpu).user / 1e3);
    }
    times.push([what, median(walls), median(processor), rows]);
  };
  for (const query of FILTERS) measure(`filter ${query}`, (results) => results.rows({ table: 'connections', query })?.length ?? 0);
  for (const fields of SORTS) {
    const sort: SortKey[] = fields.split(' ').map((field, place) => ({ field, descending: place % 2 === 1 }));
    measure(`sort by ${fields}`, (results) => results.rows({ table: 'connections', query: '' }, sort)?.length ?? 0);
  }
  measure('filter and sort', (results) => results.rows({ table: 'connections', query: 'closed_by:client' }, [{ field: 'duration', descending: true }])?.length ?? 0);
  measure(`${FACETS.length} facets`, (results) => results.facets({ table: 'connections', query: '' }, FACETS).length);
  return times;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
