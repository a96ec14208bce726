import * as z from 'zod';
import type { ModuleEvent } from '../contexts/shared/application/announcement.ts';
import { commonFields, type DomainEvent, domainEvents } from '../functions/events/domain-events.ts';

/** docs/events.md, from the schemas of the domain events. */
export const eventsDocument = (): string => {
  const groups = [...Map.groupBy(domainEvents, ({ group }) => group)];
  const kinds = groups.filter(([, events]) => events.every(isOfJob));
  const others = groups.filter(([, events]) => !events.every(isOfJob));
  return `${[
    head,
    tableOf(['field', 'is', 'meaning'], rowsOf(commonFields)),
    '## Jobs',
    aboutJobs,
    fieldsOf(domainEvents.filter(isOfJob)),
    ...kinds.flatMap(([group, events]) => [`### ${group}`, namesOf(events)]),
    ...others.flatMap(([group, events]) => [`## ${group}`, namesOf(events), fieldsOf(events)]),
    '## Announced by modules',
    aboutModules,
    tableOf(
      ['field', 'is', 'meaning'],
      Object.entries(moduleFields).map(([field, [type, says]]) => [`\`${field}\``, type, says]),
    ),
  ].join('\n\n')}\n`;
};

const isOfJob = ({ schema }: DomainEvent): boolean => 'jobId' in schema.shape;

const head = `# Domain events

<!-- Written by \`node scripts/events.ts\` from functions/events/domain-events.ts; a test says when it is not current. -->

Every change of state is stored with an event in one transaction; what is stored goes to the bus \`module-registry\`, source
\`module-registry\`, with the event's name as \`detail-type\` and the event as \`detail\`. It arrives **at least once**, and not always in
order: \`id\` tells a repetition, \`sequence\` the order within an aggregate; a gap means that one is still to come. Nothing is told when
nothing changed. Events hold ids and names, never secrets or rows. A rule on the bus for one who wants to know what acme has installed:

\`\`\`json
{ "source": ["module-registry"], "detail-type": ["ModuleInstallationCompleted"], "detail": { "tenantId": ["01JD0000000000000000000ACM"] } }
\`\`\`

## Every event

Besides \`name\`, which is also the \`detail-type\`. A field with ? may be absent, here and below.`;

const aboutJobs =
  'A job tells of each change of its state; its aggregate is `JOB#{id}`. Fields that are not of every kind of job name the kinds.';

const aboutModules = `What a module's post hook tells is no change of the registry's: its source is \`module.{name}\`, and it has no sequence. Which events a
module has, and their facts, its README says. Whether the job that told it came to its end, the registry's event of the same \`jobId\` says.`;

const moduleFields: Readonly<Record<keyof ModuleEvent, readonly [type: string, says: string]>> = {
  id: ['ULID', 'Of the event: the same however often the job’s hook runs.'],
  name: ['text', 'Also `detail-type`.'],
  module: ['text', 'The module.'],
  version: ['text', 'The version whose hook tells it.'],
  tenantId: ['ULID', 'The tenant.'],
  jobId: ['ULID', 'The job whose hook it was.'],
  at: ['RFC 3339', 'When, UTC; of a repetition, when it was told again.'],
  facts: ['object', 'As the module declares them.'],
};

const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const namesOf = (events: readonly DomainEvent[]): string =>
  tableOf(
    ['name', 'when'],
    events.map(({ name, says }) => [`\`${name}\``, says]),
  );

type Fields = Readonly<Record<string, z.ZodType>>;

/** Of all fields that any of the events has, besides the common ones; what only some have says which. */
const fieldsOf = (events: readonly DomainEvent[]): string => {
  const having = new Map<string, DomainEvent[]>();
  for (const event of events)
    for (const row of rowsOf(ownFields(event))) having.set(row.join('\t'), [...(having.get(row.join('\t')) ?? []), event]);
  const rows = [...having].map(([row, some]) => {
    const [field = '', type = '', says = ''] = row.split('\t');
    return [field, type, some.length === events.length ? says : `${says} Of ${whichOf(some).join(', ')}.`];
  });
  return tableOf(['field', 'is', 'meaning'], rows);
};

const ownFields = ({ schema }: DomainEvent): Fields =>
  Object.fromEntries(Object.entries(schema.shape as Fields).filter(([field]) => field !== 'name' && !(field in commonFields)));

const whichOf = (events: readonly DomainEvent[]): readonly string[] => [
  ...new Set(events.map((event) => (isOfJob(event) ? event.group : `\`${event.name}\``))),
];

const rowsOf = (fields: Fields): readonly (readonly string[])[] =>
  Object.entries(fields).map(([field, declared]) => {
    const { description = '', ...json } = z.toJSONSchema(declared) as JsonSchema;
    return [`\`${field}${declared.safeParse(undefined).success ? '?' : ''}\``, typeOf(json), description];
  });

interface JsonSchema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
}

const ulidAlphabet = '0-9A-HJKMNP-TV-Z';

const typeOf = ({ type, format, pattern }: JsonSchema): string => {
  if (format === 'date-time') return 'RFC 3339';
  if (pattern?.includes(ulidAlphabet)) return 'ULID';
  return type === 'string' ? 'text' : (type ?? 'any');
};
