import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalClock } from './clock.ts';
import { checkPattern, matchesPattern } from './event-pattern.ts';
import { AwsError, authorize, type Caller, type Service, targetOperation, unknownOperation } from './gateway.ts';
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
    readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number };
  }[];
}

const retriesDefault = 5;
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
  let stopped = false;

  const route = (bus: string, event: Readonly<Record<string, unknown>>): void => {
    for (const rule of rules) {
      if (rule.bus === bus && rule.pattern !== undefined && matchesPattern(rule.pattern, event)) deliver(rule, event);
    }
  };
  const deliver = (rule: Rule, event: Readonly<Record<string, unknown>>): void => {
    for (const target of rule.targets) {
      const payload = target.Input ?? JSON.stringify(event);
      deliverTo(options, target, payload, () => stopped).catch((error: unknown) => {
        if (stopped) return;
        if (target.DeadLetterConfig) options.messages.send(target.DeadLetterConfig.Arn, payload);
        else options.log(`events: rule ${rule.name} could not reach ${target.Arn}: ${String(error)}`);
      });
    }
  };
  const envelope = (bus: string, entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
    version: '0',
    id: randomUUID(),
    account,
    region,
    time: options.clock.now().toISOString(),
    resources: [],
    ...entry,
    ...(bus === 'default' ? {} : { 'event-bus': bus }),
  });
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
      const { Entries = [] } = input as { readonly Entries?: readonly Readonly<Record<string, string>>[] };
      const results = Entries.map(({ EventBusName = 'default', Source, DetailType, Detail = '{}' }) => {
        const bus = EventBusName.split('/').at(-1) ?? 'default';
        authorize(caller, 'events:PutEvents', arn('events', `event-bus/${bus}`));
        if (!buses.has(bus)) return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `there is no bus ${bus}` };
        const event = envelope(bus, { source: Source, 'detail-type': DetailType, detail: JSON.parse(Detail) as unknown });
        route(bus, event);
        return { EventId: String(event['id']) };
      });
      return { output: { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length } };
    },
  };
  return {
    service,
    emit: (event) => route('default', envelope('default', event)),
    startSchedules: () => {
      const scheduled = rules.filter(({ everyMilliseconds }) => everyMilliseconds !== undefined).map((rule) => ({ rule, dueAt: 0 }));
      const tick = (): void => {
        const now = options.clock.now().getTime();
        for (const entry of scheduled) {
          if (entry.dueAt > now) continue;
          entry.dueAt = now + (entry.rule.everyMilliseconds ?? 0);
          deliver(entry.rule, envelope('default', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }));
        }
      };
      tick();
      timer = setInterval(tick, options.pollMilliseconds);
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
};

const readRules = (template: Template): readonly Rule[] =>
  template.ofType('AWS::Events::Rule').map(({ ref, properties }) => {
    const {
      EventBusName = 'default',
      EventPattern,
      ScheduleExpression,
      Targets = [],
    } = properties as {
      readonly EventBusName?: string;
      readonly EventPattern?: unknown;
      readonly ScheduleExpression?: string;
      readonly Targets?: Rule['targets'];
    };
    if (EventPattern !== undefined) checkPattern(EventPattern);
    const every = ScheduleExpression === undefined ? {} : { everyMilliseconds: rateOf(ref, ScheduleExpression) };
    return {
      name: ref,
      bus: EventBusName.split('/').at(-1) ?? 'default',
      targets: Targets,
      ...(EventPattern === undefined ? {} : { pattern: EventPattern }),
      ...every,
    };
  });

const rateOf = (rule: string, expression: string): number => {
  const [, count = '', unit = ''] = /^rate\((\d+) (\w+)\)$/.exec(expression) ?? [];
  const milliseconds = rates[unit];
  if (milliseconds === undefined) throw new Error(`${rule}: the schedule ${expression} is not supported locally; use rate(n minutes)`);
  return Number(count) * milliseconds;
};

const deliverTo = async (
  { lambda, messages }: EventsOptions,
  target: Rule['targets'][number],
  payload: string,
  isStopped: () => boolean,
): Promise<void> => {
  if (target.Arn.includes(':sns:')) return messages.publish(target.Arn, payload);
  if (target.Arn.includes(':sqs:')) return messages.send(target.Arn, payload);
  const retries = target.RetryPolicy?.MaximumRetryAttempts ?? retriesDefault;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await lambda.invoke(target.Arn, payload);
    if (outcome !== 'throttled' && 'payload' in outcome) return;
    if (attempt >= retries || isStopped()) throw new Error(outcome === 'throttled' ? 'throttled' : outcome.failure.errorMessage);
    await sleep(200 * 2 ** attempt);
  }
};
