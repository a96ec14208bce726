import { randomUUID } from 'node:crypto';
import { isRecord } from './assembly.ts';
import type { LocalClock } from './clock.ts';
import { checkPattern, matchesPattern } from './event-pattern.ts';
import { AwsError, authorize, type Caller, type Service, targetOperation, unknownOperation } from './gateway.ts';
import type { PolicyContext } from './iam.ts';
import { account, region } from './intrinsics.ts';
import type { Lambda } from './lambda.ts';
import type { Messages } from './messages.ts';
import { arn } from './resource-identity.ts';
import type { Template } from './template.ts';

/** EventBridge: the buses and rules of the template, and schedules on the shared clock. */

export interface EventsOptions {
  readonly template: Template;
  readonly lambda: Lambda;
  readonly messages: Messages;
  readonly clock: LocalClock;
  /** How often schedules look at the clock. */
  readonly pollMilliseconds: number;
  readonly log: (message: string) => void;
}

export interface Events {
  readonly service: Service;
  /** An event of AWS itself, on the default bus. */
  readonly emit: (event: Readonly<Record<string, unknown>>) => void;
  /** Runs every schedule once, and from then on at its rate. */
  readonly startSchedules: () => void;
  readonly stop: () => void;
}

interface Rule {
  readonly name: string;
  readonly bus: string;
  readonly pattern?: unknown;
  readonly everyMilliseconds?: number;
  readonly targets: readonly {
    readonly Arn: string;
    readonly Input?: string;
    readonly DeadLetterConfig?: { readonly Arn: string };
  }[];
}

const entriesMax = 10;
const rates: Readonly<Record<string, number>> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: 86_400_000,
  days: 86_400_000,
};

export const makeEvents = (options: EventsOptions): Events => {
  const rules = readRules(options.template);
  const buses = new Set(['default', ...options.template.ofType('AWS::Events::EventBus').map(({ ref }) => ref)]);
  let timer: NodeJS.Timeout | undefined;

  const route = (bus: string, event: Readonly<Record<string, unknown>>): void => {
    for (const rule of rules) {
      if (rule.bus === bus && rule.pattern !== undefined && matchesPattern(rule.pattern, event)) deliver(rule, event);
    }
  };
  const deliver = (rule: Rule, event: Readonly<Record<string, unknown>>): void => {
    for (const target of rule.targets) {
      const payload = target.Input ?? JSON.stringify(event);
      try {
        deliverTo(options, target.Arn, payload);
      } catch (error) {
        if (target.DeadLetterConfig) options.messages.send(target.DeadLetterConfig.Arn, payload);
        else options.log(`events: rule ${rule.name} could not reach ${target.Arn}: ${String(error)}`);
      }
    }
  };
  const envelope = (entry: Readonly<Record<string, unknown>>, at = options.clock.now()): Readonly<Record<string, unknown>> => ({
    version: '0',
    id: randomUUID(),
    account,
    region,
    time: at.toISOString().replace(/\.\d+Z$/, 'Z'),
    resources: [],
    ...entry,
  });
  const put = (entry: Entry): { readonly EventId: string } | Refusal => {
    const refusal = refusalOf(entry);
    if (refusal) return refusal;
    const { Source, DetailType, Detail = '', Resources = [], Time } = entry;
    const told = { source: Source, 'detail-type': DetailType, resources: Resources, detail: JSON.parse(Detail) as unknown };
    const event = envelope(told, Time === undefined ? undefined : new Date(Time * 1000));
    const bus = busOf(entry);
    if (buses.has(bus)) route(bus, event);
    else options.log(`events: ${DetailType} was put to the bus ${bus}, which does not exist: as on AWS, nobody hears of it`);
    return { EventId: String(event['id']) };
  };
  const describeBus = (input: unknown, caller: Caller): unknown => {
    const { Name = 'default' } = input as { readonly Name?: string };
    const busArn = arn('events', `event-bus/${Name}`);
    authorize(caller, 'events:DescribeEventBus', busArn);
    if (!buses.has(Name)) throw new AwsError('ResourceNotFoundException', `Event bus ${Name} does not exist.`);
    return { Name, Arn: busArn };
  };
  const service: Service = {
    name: 'events',
    protocol: 'json-1.1',
    operationOf: targetOperation,
    handle: async ({ operation, input, caller }) => {
      if (operation === 'DescribeEventBus') return { output: describeBus(input, caller) };
      if (operation !== 'PutEvents') throw unknownOperation(operation);
      const { Entries = [] } = input as { readonly Entries?: readonly Entry[] };
      if (Entries.length < 1 || Entries.length > entriesMax)
        throw new AwsError('ValidationException', `entries must be between 1 and ${entriesMax}, there are ${Entries.length}`);
      for (const entry of Entries)
        authorize(caller, 'events:PutEvents', arn('events', `event-bus/${busOf(entry)}`), { context: contextOf(entry) });
      const results = Entries.map(put);
      return { output: { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length } };
    },
  };
  return {
    service,
    emit: (event) => route('default', envelope(event)),
    startSchedules: () => {
      const scheduled = rules.filter(({ everyMilliseconds }) => everyMilliseconds !== undefined).map((rule) => ({ rule, dueAt: 0 }));
      const tick = (): void => {
        const now = options.clock.now().getTime();
        for (const entry of scheduled) {
          if (entry.dueAt > now) continue;
          entry.dueAt = now + (entry.rule.everyMilliseconds ?? 0);
          const resources = [arn('events', `rule/${entry.rule.name}`)];
          deliver(entry.rule, envelope({ source: 'aws.events', 'detail-type': 'Scheduled Event', resources, detail: {} }));
        }
      };
      tick();
      timer = setInterval(tick, options.pollMilliseconds);
    },
    stop: () => clearInterval(timer),
  };
};

interface Entry {
  readonly EventBusName?: string;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Resources?: readonly string[];
  /** Seconds. */
  readonly Time?: number;
}

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

const busOf = ({ EventBusName = 'default' }: Entry): string => EventBusName.split('/').at(-1) ?? 'default';

/** What a policy may ask of an entry. */
const contextOf = ({ Source, DetailType }: Entry): PolicyContext => ({
  ...(Source ? { 'events:source': Source } : {}),
  ...(DetailType ? { 'events:detail-type': DetailType } : {}),
});

const refusalOf = (entry: Entry): Refusal | undefined => {
  const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name]);
  if (missing)
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.` };
  return isObject(entry.Detail ?? '') ? undefined : { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
};

const isObject = (text: string): boolean => {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    // what is no JSON is no object either
    return false;
  }
};

const readRules = (template: Template): readonly Rule[] =>
  template.ofType('AWS::Events::Rule').flatMap(({ ref, properties }) => {
    const {
      EventBusName = 'default',
      EventPattern,
      ScheduleExpression,
      State = 'ENABLED',
      Targets = [],
    } = properties as {
      readonly EventBusName?: string;
      readonly EventPattern?: unknown;
      readonly ScheduleExpression?: string;
      readonly State?: string;
      readonly Targets?: Rule['targets'];
    };
    if (EventPattern !== undefined) checkPattern(EventPattern);
    const every = ScheduleExpression === undefined ? {} : { everyMilliseconds: rateOf(ref, ScheduleExpression) };
    if (State === 'DISABLED') return [];
    const pattern = EventPattern === undefined ? {} : { pattern: EventPattern };
    return [{ name: ref, bus: busOf({ EventBusName }), targets: Targets, ...pattern, ...every }];
  });

const rateOf = (rule: string, expression: string): number => {
  const [, count = '', unit = ''] = /^rate\((\d+) (\w+)\)$/.exec(expression) ?? [];
  const milliseconds = rates[unit];
  if (milliseconds === undefined) throw new Error(`${rule}: the schedule ${expression} is not supported locally; use rate(n minutes)`);
  return Number(count) * milliseconds;
};

/** A function fails, and is tried again, on its own account; what is refused here has no such target. */
const deliverTo = ({ lambda, messages }: EventsOptions, target: string, payload: string): void => {
  if (target.includes(':sns:')) messages.publish(target, payload);
  else if (target.includes(':sqs:')) messages.send(target, payload);
  else lambda.enqueue(target, payload);
};
