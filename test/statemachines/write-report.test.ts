import { afterAll, describe, expect, test } from '@jest/globals';
import { makeReportSteps, type ReportStepsPorts } from '../../contexts/module-registry/application/report-steps.ts';
import { evolve, type Job, requestJob, takeOver } from '../../contexts/module-registry/domain/job.ts';
import { Contended, Defect, Refused, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { makeStepHandler } from '../../functions/workflow/step-handler.ts';
import { makeMemoryRegistry, tenantId } from '../support/memory-registry.ts';
import { type Meetings, openWorkflow } from '../support/workflow.ts';

const workflow = openWorkflow('write-report.asl.json');
const jobId = '01JD00000000000000000000J1';
const timing = { at: new Date('2026-01-01T00:00:00.000Z'), leaseSeconds: 120 };
const report = { from: '2025-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z', format: 'csv' as const };
const away = new Unavailable('S3 could not be reached');
const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);

/** A report that was just asked for; each try at writing it meets with one of `troubles`. */
const aReport = async (troubles: readonly Error[] = [], write?: ReportStepsPorts['write']) => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  const memory = makeMemoryRegistry();
  const about = { id: jobId, kind: 'report' as const, tenantId, tenantSlug: 'acme', modules: [], requested: [], report, fence: 1 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, timing);
  await memory.jobs.commit({ job, events, tenantModules: [] });
  let seconds = 0;
  const left = [...troubles];
  const asked: unknown[] = [];
  const ended: string[] = [];
  const steps = makeReportSteps({
    jobs: memory.jobs,
    write:
      write ??
      (async (wanted) => {
        asked.push(wanted);
        const trouble = left.shift();
        if (trouble) throw trouble;
        return [{ written: wanted.jobId }];
      }),
    clock: {
      now: () => {
        seconds += 1;
        return new Date(timing.at.getTime() + seconds * 1000);
      },
    },
    leaseSeconds: 120,
    onJobEnded: ({ state }) => void ended.push(state),
  });
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  return {
    ...{ memory, asked, ended, stored },
    takeOver: async () => {
      const before = stored();
      const told = takeOver(before, { fence: before.fence + 1 }, timing);
      await memory.jobs.commit({ before, job: told.reduce(evolve, before), events: told, tenantModules: [] });
    },
    run: (attempt = 1, meetings?: Meetings) => workflow.run({ ReportSteps: makeStepHandler(() => steps) }, { jobId, attempt }, meetings),
  };
};

describe('The workflow write-report', () => {
  afterAll(() => expect(workflow.neverEntered()).toEqual([]));

  test('writes the report, and stores what was written with the job’s end', async () => {
    const it = await aReport();
    const end = await it.run();
    expect(end.entered).toEqual(['Settling', 'Reporting', 'ReportWritten', 'Reported']);
    expect([it.stored().state, it.ended, it.asked]).toEqual([
      'Reported',
      ['Reported'],
      [{ jobId, tenantId, tenantSlug: 'acme', ...report }],
    ]);
    expect(it.memory.state.commits.at(-1)?.alongside).toEqual([{ written: jobId }]);
    const names = it.memory.trail.events(`JOB#${jobId}`, { limit: 10 }).items.map(({ name }) => name);
    expect(names).toEqual(['ComplianceReportRequested', 'ComplianceReportValidating', 'ComplianceReportStarted', 'ComplianceReported']);
  });

  test('locks nothing, and leaves the tenant’s revision as it is', async () => {
    const it = await aReport();
    await it.run();
    expect([it.memory.state.revision, it.memory.state.modules.size]).toEqual([1, 0]);
  });

  test.each([
    ['Unavailable', away, 4],
    ['Contended', new Contended('someone wrote first'), 5],
  ])('tries again after %s', async (_, error, retries) => {
    const it = await aReport(times(retries, error));
    expect((await it.run()).lastState).toBe('Reported');
    expect(it.asked.length).toBe(retries + 1);
  });

  test('fails with words where S3 stays away', async () => {
    const it = await aReport(times(9, away));
    const end = await it.run();
    expect([end.lastState, end.error, it.stored().state, it.stored().reason]).toEqual([
      'Failed',
      'ReportFailed',
      'Failed',
      'report-not-written',
    ]);
    expect(it.stored().error).toEqual({ name: 'Unavailable', message: 'S3 could not be reached' });
  });

  test.each([
    ['a defect', new Defect('there is no bucket'), 'report-not-written'],
    [
      'a period that is too large',
      new Refused({ kind: 'unprocessable', reason: 'report-too-large', message: 'ask in parts' }),
      'report-too-large',
    ],
  ])('fails at once of %s, and says so', async (_, error, reason) => {
    const it = await aReport([error]);
    const end = await it.run();
    expect([end.lastState, it.stored().state, it.stored().reason]).toEqual(['Failed', 'Failed', reason]);
    expect([it.stored().error, it.asked.length, it.ended]).toEqual([{ name: error.name, message: error.message }, 1, ['Failed']]);
  });

  test('ends without a word when its step was done and the answer was lost', async () => {
    const it = await aReport();
    const end = await it.run(1, { Reporting: [{ error: away, answerLost: true }] });
    expect([end.lastState, it.stored().state, it.asked.length]).toEqual(['Superseded', 'Reported', 1]);
  });

  test('gives way to a newer attempt, which writes it', async () => {
    const it = await aReport();
    await it.takeOver();
    expect([(await it.run(1)).lastState, it.stored().state]).toEqual(['Superseded', 'Pending']);
    expect([(await it.run(2)).lastState, it.stored().state]).toEqual(['Reported', 'Reported']);
  });

  test('stops writing once another attempt has the job', async () => {
    let written = false;
    const it = await aReport([], async (_, goOn) => {
      await it.takeOver();
      await goOn();
      written = true;
      return [];
    });
    expect([(await it.run(1)).lastState, written, it.stored().attempt]).toEqual(['Superseded', false, 2]);
  });

  test('keeps what it stored of itself while it was writing: its end is not lost to its own sign of life', async () => {
    const it = await aReport([], async (_, goOn) => {
      await goOn();
      return [];
    });
    expect([(await it.run(1)).lastState, it.stored().state]).toEqual(['Reported', 'Reported']);
  });

  test('fails, and needs nobody, when it is lost as often as it may be', async () => {
    const it = await aReport([new Defect('broken')]);
    await it.run(1, { GiveUpReport: times(9, { error: away }) });
    for (let lost = 0; lost < 3; lost += 1) await it.takeOver();
    expect([it.stored().state, it.stored().reason]).toEqual(['Failed', 'attempts-exhausted']);
  });

  test('that cannot even store that it failed is left to the reconciler', async () => {
    const it = await aReport([new Defect('broken')]);
    const end = await it.run(1, { GiveUpReport: times(9, { error: away }) });
    expect([end.lastState, it.stored().state]).toEqual(['Failed', 'Reporting']);
  });
});
