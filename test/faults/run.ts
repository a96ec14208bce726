import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plant } from './plants.ts';
import { type Report, reportOf, table } from './report.ts';
import type { Verdict } from './run-case.ts';
import { runShare, type Wanted } from './run-share.ts';
import { workflows } from './workflows/index.ts';

/** `npm run faults`: every outside call of every workflow × every fault. See docs/reliability.md. */

const usage = `npm run faults -- [options]
  --sample N    about N cases, as many of each workflow, instead of all
  --seed S      which ones, 1 unless told
  --only ID     one case, or all whose id begins so (workflow/call/fault)
  --workers N   embedded clouds side by side, 3 unless told
  --json FILE   the report
  --plant NAME  plants a documented bug first, or each of them in turn with \`all\`: the sweep must become red`;

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    workers: { type: 'string', default: '3' },
    json: { type: 'string' },
    plant: { type: 'string' },
    share: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const natural = (name: 'sample' | 'seed' | 'workers'): number => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} takes a whole number above 0, not ${values[name]}\n${usage}`);
};

const wantedWorkflows = (): string[] =>
  workflows.map(({ name }) => name).filter((name) => values.only === undefined || values.only.split('/')[0] === name);

const wanted = (): Wanted => ({
  seed: natural('seed'),
  ...(values.sample === undefined ? {} : { sample: Math.ceil(natural('sample') / workflows.length) }),
  ...(values.only === undefined ? {} : { only: values.only }),
});

/** What a share, a process with a cloud of its own, tells: it wants a workflow, it has so many cases of it, this is how one went. */
type News = { readonly wants: 'workflow' } | { readonly workflow: string; readonly cases: number } | { readonly verdict: Verdict };

const runInParallel = async (shares: number, queue: string[], onNews: (news: News) => void): Promise<void> => {
  const ends = Array.from({ length: shares }, async (_, index) => {
    const child = fork(import.meta.filename, ['--share', JSON.stringify(wanted())]);
    child.on('message', (news: News) => {
      if ('wants' in news) child.send({ workflow: queue.shift() });
      else onNews(news);
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`share ${index + 1} of ${shares} ended with ${code}`);
  });
  await Promise.all(ends);
};

/** The other end. */
const beShare = (share: string): Promise<void> => {
  const tell = (news: News): unknown => process.send?.(news);
  const next = async () => {
    const answer = once(process, 'message') as Promise<[{ readonly workflow?: string }]>;
    tell({ wants: 'workflow' });
    const [{ workflow }] = await answer;
    return workflows.find(({ name }) => name === workflow);
  };
  return runShare(next, JSON.parse(share) as Wanted, {
    onCases: (workflow, cases) => tell({ workflow, cases }),
    onVerdict: (verdict) => tell({ verdict }),
  });
};

const tell = ({ id, findings }: Verdict): void => {
  for (const { invariant, found } of findings) process.stdout.write(`✗ ${id}\n    ${invariant}: ${found}\n`);
  if (findings.length > 0) process.stdout.write(`    npm run faults -- --only '${id}'\n`);
};

const sweep = async (): Promise<Report> => {
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const queue = wantedWorkflows();
  if (queue.length === 0)
    throw new Error(`no workflow is called ${values.only?.split('/')[0]}; there are ${workflows.map(({ name }) => name).join(', ')}`);
  const verdicts: Verdict[] = [];
  const known = new Map<string, number>();
  await runInParallel(Math.min(natural('workers'), queue.length), queue, (news) => {
    if ('cases' in news) known.set(news.workflow, news.cases);
    if (!('verdict' in news)) return;
    verdicts.push(news.verdict);
    tell(news.verdict);
    const [workflow = ''] = news.verdict.id.split('/');
    const own = verdicts.filter(({ id }) => id.startsWith(`${workflow}/`));
    if (own.length < (known.get(workflow) ?? 0)) return;
    const { cases, converged } = reportOf(own, { seed: natural('seed'), seconds: seconds() });
    process.stdout.write(`… ${workflow}: ${converged} of ${cases} converged, after ${seconds()} s\n`);
  });
  return reportOf(verdicts, { seed: natural('seed'), seconds: seconds() });
};

const main = async (): Promise<number> => {
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if (values.share !== undefined) {
    await beShare(values.share);
    return 0;
  }
  if (values.plant !== undefined) return plant(values.plant);
  const report = await sweep();
  process.stdout.write(`\n${table(report)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.cases === 0) process.stderr.write(`no case begins with ${values.only}\n`);
  return report.cases > 0 && report.converged === report.cases ? 0 : 1;
};

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (values.share === undefined ? error.message : error.stack) : String(error)}\n`);
  return 2;
});
if (values.share !== undefined) process.disconnect();
