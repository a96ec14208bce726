import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from '../../../local/gateway.ts';
import type { Call } from '../calls.ts';
import type { Finding, Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import type { Workflow } from '../workflow.ts';
import { installWorkflow } from './install.ts';
import { platformAdmin, sceneOf, subjectOf } from './tenants.ts';

const by =
  (name: string) =>
  (calls: readonly Call[]): readonly Call[] =>
    calls.filter((call) => call.by === name);

const trail = ({ subject: { id } }: Scene): string => `SUBSCRIPTION#${id}`;

const published = async (stage: Stage, scene: Scene): Promise<readonly Finding[]> => {
  const events = await stage.registry.events(trail(scene));
  const heard = new Set(stage.heard().map(({ id }) => id));
  const last = events.at(-1);
  const sequences = events.map(({ sequence }) => Number(sequence));
  return [
    ...(heard.has(String(last?.['id']))
      ? []
      : [{ invariant: 'each stored event reaches the bus', found: `${String(last?.['name'])} did not` }]),
    ...(sequences.every((sequence, index) => sequence === index + 1)
      ? []
      : [{ invariant: 'the trail has no gap and no duplicate', found: sequences.join() }]),
  ];
};

/** The subject's subscription to `example`, which no install here needs, begins or ends: one event. */
const toggle = async (stage: Stage, { subject: { id, slug } }: Scene): Promise<void> => {
  const admin = await platformAdmin(stage);
  const { body } = await admin.get(`/tenants/${slug}/subscriptions/example`);
  const method = body['status'] === 'active' ? 'DELETE' : 'PUT';
  const answer = await admin.call(method, `/tenants/${slug}/subscriptions/example`, method === 'PUT' ? { body: {} } : {});
  if (answer.status >= 300) throw new Error(`${method} the subscription of ${id} was answered ${answer.status}`);
};

const nothing = async (): Promise<void> => {};

export const publisherWorkflow: Workflow = {
  name: 'publisher',
  says: 'a stored event is published and marked',
  endsCleanly: 'no job',
  mayEnd: [],
  own: by('Publisher'),
  trail,
  prepare: async (stage) => sceneOf(stage, await subjectOf(stage)),
  trigger: async (stage, scene) => {
    await toggle(stage, scene);
    return undefined;
  },
  promises: published,
  reset: nothing,
};

const looksMax = 100;
/** Longer than the stream waits before its last try. */
const quietSteps = 12;
const quietStepMilliseconds = 60;

/** The publisher fails until the stream gives up; what it left is the reconciler's. */
const leaveStray = async (stage: Stage, scene: Scene): Promise<void> => {
  let refusals = 0;
  stage.around.request = async ({ service, caller }) => {
    if (service !== 'events' || caller.principal !== 'Publisher') return 'pass';
    refusals += 1;
    return new AwsError('InternalFailure', 'injected: the bus is away', { status: 500 });
  };
  await toggle(stage, scene);
  for (let look = 0, quiet = 0; look < looksMax && quiet < quietSteps; look += 1) {
    const before = refusals;
    stage.cloud.clock.advance(200);
    await sleep(quietStepMilliseconds);
    await stage.quiet();
    quiet = refusals > 0 && refusals === before ? quiet + 1 : 0;
  }
  delete stage.around.request;
};

export const straysWorkflow: Workflow = {
  name: 'strays',
  says: 'an event that the publisher gave up is published by the reconciler',
  endsCleanly: 'no job',
  mayEnd: [],
  own: by('Reconciler'),
  trail,
  prepare: async (stage) => {
    const scene = await sceneOf(stage, await subjectOf(stage));
    await leaveStray(stage, scene);
    return scene;
  },
  trigger: async () => undefined,
  promises: published,
  reset: nothing,
};

/** A job is written and its execution cannot be started. */
export const takeOverWorkflow: Workflow = {
  ...installWorkflow,
  name: 'take-over',
  says: 'a job whose execution could not be started is started by the reconciler',
  own: by('Reconciler'),
  prepare: async (stage) => {
    const scene = await installWorkflow.prepare(stage);
    stage.around.request = async ({ service, operation }) =>
      service === 'states' && operation === 'StartExecution' ? new AwsError('InternalFailure', 'injected: away', { status: 500 }) : 'pass';
    const admin = await platformAdmin(stage);
    const { status, body } = await admin.post(`/tenants/${scene.subject.slug}/modules`, { module: 'digital_card' });
    delete stage.around.request;
    if (status !== 202) throw new Error(`the install was answered ${status}: ${JSON.stringify(body)}`);
    return { ...scene, waitingJob: String(body['jobId']) };
  },
  trigger: async (_, scene) => (scene as Scene & { readonly waitingJob: string }).waitingJob,
};
