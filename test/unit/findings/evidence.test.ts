import { expect, test } from 'vitest';
import { Pipeline } from '../../../main/analysis/pipeline.ts';
import { responseFrameBefore } from '../../../main/findings/evidence.ts';
import { toBatch } from '../../kit/analyze-packets.ts';
import { connection, diagnosed, request } from './captures.ts';

test('the answer that a connection lay idle after is the one before the time in question, also where the last request had none', () => {
  const talk = connection(0, 0).get();
  const first = talk.packets.length;
  talk.wait(5).get();
  const second = talk.packets.length;
  const { packets } = talk.wait(5).client(request('other')).ack('server').wait(1).rst('server');
  const pipeline = new Pipeline(1, { keepHeads: false });
  const batch = toBatch(packets);
  pipeline.push(batch, 0, batch.count);
  pipeline.finish();
  const [early, late] = [2, 8, Infinity].map((seconds) => responseFrameBefore(pipeline.store, 0, seconds * 1e9));
  expect([early! <= first && early! > 0, late! <= second && late! > first]).toEqual([true, true]);
  expect(responseFrameBefore(pipeline.store, 0, Infinity)).toBe(late);
  expect(responseFrameBefore(pipeline.store, 0, -1)).toBe(late);
});

test('that packets were sent again and again was proved by the first of them alone', async () => {
  const talk = connection(1, 1).get().get().wait(60).client(request('go'));
  for (let wait = 0.3; wait < 20; wait *= 2) talk.wait(wait).retransmit();
  const { report } = await diagnosed(talk);
  const [finding] = report.findings();
  expect(finding).toMatchObject({ rule: 'middlebox', confidence: 'likely' });
  expect(finding!.evidence.at(-1)).toEqual({ frame: talk.packets.length, note: "the client's last packet: 7 segments sent again until here, and nothing came back" });
});
