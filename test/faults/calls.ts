import type { OutsideCall, Stage } from './stage.ts';

/** One outside call of a workflow: which function makes it, what it asks, and the how-manieth of its kind since the workflow began. */
export interface Call {
  /** e.g. `ModuleSteps:dynamodb.TransactWriteItems#2`, or `ModuleSteps:invoked#1`. */
  readonly id: string;
  readonly kind: OutsideCall['kind'];
  /** The function that makes it, or that is invoked. */
  readonly by: string;
  /** What it is about, to tell calls that are alike from calls that differ. */
  readonly about: string;
  /** Made only by environments that have just started: they look up what warm ones remember. */
  readonly cold: boolean;
}

/** Counts calls by what they are; the same numbers come out of every run that does the same. */
export const makeCounter = (): ((call: OutsideCall) => string) => {
  const seen = new Map<string, number>();
  return (call) => {
    const kind = kindOf(call);
    const number = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, number);
    return `${kind}#${number}`;
  };
};

const kindOf = (call: OutsideCall): string =>
  call.kind === 'invocation' ? `${call.by}:invoked` : `${call.by}:${call.request.service}.${call.request.operation}`;

/** The first two words of SQL, the index partition of a query, the step of an invocation: not the ids in them. */
const aboutOf = (call: OutsideCall): string => {
  if (call.kind === 'invocation') return call.invocation.payload.match(/"(?:step|operation|hook)":"\w+"/g)?.join() ?? '';
  const input = (call.request.input ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof input['sql'] === 'string')
    return `${input['sql'].trim().split(/\s+/, 2).join(' ')} ${String(input['transactionId'] !== undefined)}`;
  return JSON.stringify(input['KeyConditionExpression'] ?? input['UpdateExpression'] ?? '').concat(partitionOf(input));
};

const partitionOf = (input: Readonly<Record<string, unknown>>): string => {
  const [first] = Object.values((input['ExpressionAttributeValues'] ?? {}) as Readonly<Record<string, { readonly S?: string }>>);
  return first?.S?.split('#')[0] ?? '';
};

/** Runs `work` and answers every call it made. */
export const record = async (stage: Stage, work: () => Promise<void>): Promise<readonly Call[]> => {
  const count = makeCounter();
  const calls: Call[] = [];
  await stage.listen((call) => void calls.push({ id: count(call), kind: call.kind, by: call.by, about: aboutOf(call), cold: false }), work);
  return calls;
};

const alikeMax = 2;

/** Of more than two calls that differ in nothing but a shard, an id or a table, the first and the last stand for all. */
export const thinned = (calls: readonly Call[]): readonly Call[] => {
  const groups = Map.groupBy(calls, ({ id, about }) => `${id.replace(/#\d+$/, '')} ${about}`);
  const kept = new Set([...groups.values()].flatMap((alike) => (alike.length > alikeMax ? [alike[0], alike.at(-1)] : alike)));
  return calls.filter((call) => kept.has(call));
};
