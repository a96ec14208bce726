import type { Finding, Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import type { Workflow } from '../workflow.ts';
import { platformAdmin, sceneOf, subjectOf } from './tenants.ts';

/** The report is there and whole, as many lines as it says. */
const opens = async (stage: Stage, { subject: { slug } }: Scene, jobId: string | undefined): Promise<readonly Finding[]> => {
  const admin = await platformAdmin(stage);
  const { body } = await admin.get(`/tenants/${slug}/audit/reports/${String(jobId)}`);
  const { link, events, whole } = body as { readonly link?: { readonly url: string }; readonly events?: number; readonly whole?: boolean };
  const answer = link && (await fetch(link.url));
  const lines = ((await answer?.text()) ?? '').split('\r\n').length - 2;
  const right = answer?.status === 200 && lines === events && whole === true;
  return right
    ? []
    : [
        {
          invariant: 'a report that is done opens by its link, whole',
          found: `${answer?.status}: ${lines} lines, ${JSON.stringify(body)}`,
        },
      ];
};

export const reportWorkflow: Workflow = {
  name: 'report',
  says: 'a compliance report is written and opens by its link',
  endsCleanly: 'Reported',
  mayEnd: ['Reported'],
  prepare: async (stage) => sceneOf(stage, await subjectOf(stage)),
  trigger: async (stage, { subject }, client) => {
    const period = { from: '2026-01-01T00:00:00Z', to: stage.cloud.clock.now().toISOString(), format: 'csv' };
    const { status, body } = await client.post(`/tenants/${subject.slug}/audit/reports`, period);
    if (status === 202) return String(body['jobId']);
    throw new Error(`the report was answered ${status}: ${JSON.stringify(body)}`);
  },
  promises: opens,
  reset: async () => {},
};
