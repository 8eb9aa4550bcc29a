import { expect, test } from 'vitest';
import { Pipeline } from '../../../main/analysis/pipeline.ts';
import { diagnose, diagnosing } from '../../../main/findings/diagnose.ts';
import { toBatch } from '../../kit/analyze-packets.ts';
import { merge } from '../../kit/packets.ts';
import { connection } from './captures.ts';

test('lets go of the thread after each endpoint, and finds what the diagnosis in one piece finds', () => {
  const talks = [0, 1, 2, 3, 4, 5].map((n) => connection(n, n * 2, { server: `10.0.1.${1 + (n % 3)}:80` }).get().wait(0.3).close('server'));
  const pipeline = new Pipeline(1, { keepHeads: false });
  const batch = toBatch(merge(...talks.map((talk) => talk.packets)));
  pipeline.push(batch, 0, batch.count);
  pipeline.finish();
  const steps = diagnosing(pipeline.store, null, { portBudget: 28_232 });
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses++;
  expect(pauses).toBe(3);
  const whole = diagnose(pipeline.store, null, { portBudget: 28_232 });
  expect(step.value.findings).toEqual(whole.findings);
  expect(step.value.endpoints).toEqual(whole.endpoints);
  for (let row = 0; row < 6; row++) expect(step.value.verdicts.get(row)).toBe(whole.verdicts.get(row));
});
