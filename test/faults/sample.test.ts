import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { reportOf, table } from './report.ts';
import { runCase, type Verdict } from './run-case.ts';
import { type Stage, startStage } from './stage.ts';
import { casesOf, learnCalls, sampled } from './sweep.ts';
import { workflows } from './workflows/index.ts';
import { setUp } from './workflows/tenants.ts';

/** The same for everyone who runs the tests; `npm run faults` runs them all. */
const sample = { cases: 3, seed: 2026 };

let stage: Stage;

beforeAll(async () => {
  stage = await startStage(() => {});
  await setUp(stage);
});

afterAll(() => stage?.stop());

test.each(workflows)('$name: $says, whatever goes wrong with one of its calls', async (workflow) => {
  // given
  const cases = sampled(casesOf(workflow, await learnCalls(stage, workflow)), sample.cases, sample.seed);
  // when
  const verdicts: Verdict[] = [];
  for (const one of cases) verdicts.push(await runCase(stage, one));
  // then
  const broken = verdicts.flatMap(({ id, findings }) => findings.map((finding) => `${id} ${finding.invariant}: ${finding.found}`));
  expect(broken).toEqual([]);
  expect(table(reportOf(verdicts, { seed: sample.seed, seconds: 0 }))).toContain(workflow.name);
});
