import * as errors from '../../contexts/shared/domain/errors.ts';

/** What workflows may use of the Amazon States Language: docs/decisions/0007. Each fault is a sentence that names the state. */

type Json = Readonly<Record<string, unknown>>;
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, Json>>;
}

const types = new Set(['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']);
const ours = Object.values(errors).map(({ name }) => name);
/** What every task retries: what is briefly absent, and what says that someone wrote first. */
const retried: readonly string[] = [
  errors.Contended.name,
  errors.Unavailable.name,
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.ClientExecutionTimeoutException',
  'Sandbox.Timedout',
  'Lambda.Unknown',
  'States.Timeout',
];
const errorNames = new Set([...ours, ...retried, 'States.ALL']);
const intrinsics = new Set(['States.Format', 'States.Array', 'States.ArrayLength', 'States.MathAdd', 'States.JsonMerge', 'States.UUID']);
const contextPaths = /^\$\$\.(Execution\.(Id|Name|StartTime)|Task\.Token)$/;

export const faultsOf = (definition: Definition): readonly string[] => {
  const names = namesOf(definition);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...machineFaults(definition), ...repeated.map((name) => `${name}: two states have this name`)];
};

const machineFaults = (definition: Definition): readonly string[] => [
  ...Object.entries(definition.States).flatMap(([name, state]) => stateFaults(name, state)),
  ...unreachable(definition).map((name) => `${name}: nothing leads to it`),
  ...danglingTargets(definition).map((name) => `${name}: there is no such state`),
  ...Object.values(definition.States).flatMap(innerMachines).flatMap(machineFaults),
];

/** The machines inside a map or a parallel. */
const innerMachines = ({ ItemProcessor, Iterator: iterator, Branches = [] }: Json): readonly Definition[] =>
  [ItemProcessor, iterator, ...(Branches as readonly unknown[])].filter((inner) => inner !== undefined) as Definition[];

const withoutInner = ({ ItemProcessor: _processor, Iterator: _iterator, Branches: _branches, ...state }: Json): Json => state;

const namesOf = ({ States }: Definition): readonly string[] => [
  ...Object.keys(States),
  ...Object.values(States).flatMap(innerMachines).flatMap(namesOf),
];

const stateFaults = (name: string, state: Json): readonly string[] => {
  const faults: string[] = [];
  const say = (what: string): void => void faults.push(`${name}: ${what}`);
  if (!types.has(String(state['Type']))) say(`the type ${String(state['Type'])} is outside the subset`);
  if (state['ResultPath'] === '$') say('ResultPath "$" means something else to the local engine');
  if (state['QueryLanguage'] !== undefined) say('JSONata is outside the subset');
  if (state['Type'] === 'Task') taskFaults(state, say);
  if (state['Type'] === 'Map' || state['Type'] === 'Parallel') containerFaults(state, say);
  if (modeOf(state['ItemProcessor']) === 'DISTRIBUTED') distributedFaults(state, say);
  if (state['Type'] === 'Choice') choiceFaults(state, say);
  for (const [key, value] of leaves(withoutInner(state))) {
    if (key.endsWith('.$')) expressionFaults(String(value), state['Type'] === 'Map', say);
    if ((key === 'Variable' || key.endsWith('Path')) && !plainPath.test(String(value)) && value !== null)
      say(`${key} ${String(value)} is no plain path`);
  }
  return faults;
};

const plainPath = /^\$(\.[A-Za-z_]\w*)*$/;

/** Inside, states have errors of their own; what comes out of a map or a parallel is not told apart. */
const containerFaults = (state: Json, say: (what: string) => void): void => {
  for (const error of errorsOf(state))
    if (error !== 'States.ALL') say(`on a ${String(state['Type'])} only States.ALL is named, not ${error}`);
};

const modeOf = (processor: unknown): unknown => ((processor as Json | undefined)?.['ProcessorConfig'] as Json | undefined)?.['Mode'];

/** Its children fail on their own, are kept apart in the history, and say in the table what came of them. */
const distributedFaults = (state: Json, say: (what: string) => void): void => {
  const { ProcessorConfig, States } = state['ItemProcessor'] as Definition & { readonly ProcessorConfig: Json };
  if (state['ToleratedFailurePercentage'] !== 100) say('a distributed Map tolerates every failure: ToleratedFailurePercentage 100');
  if (state['ItemReader'] !== undefined) say('a distributed Map takes its items from the input, not from an ItemReader');
  if (ProcessorConfig['ExecutionType'] !== 'STANDARD') say('the children of a distributed Map are STANDARD');
  if (Object.values(States).some(({ End }) => End === true)) say('the children of a distributed Map end in a Succeed');
};

const errorsOf = (state: Json): readonly string[] =>
  [state['Retry'], state['Catch']].flatMap((rules) =>
    ((rules ?? []) as readonly { readonly ErrorEquals: readonly string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals),
  );

const taskFaults = (state: Json, say: (what: string) => void): void => {
  if (typeof state['TimeoutSeconds'] !== 'number') say('a Task needs TimeoutSeconds');
  const payload = (state['Parameters'] as Json | undefined)?.['Payload'];
  if (typeof payload !== 'object' || payload === null) say('a Task needs an object as Payload');
  const retries = (state['Retry'] ?? []) as readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[];
  const catches = (state['Catch'] ?? []) as readonly { readonly ErrorEquals: readonly string[] }[];
  for (const error of errorsOf(state)) if (!errorNames.has(error)) say(`nobody raises ${error}`);
  const missing = retried.filter((error) => !retries.some(({ ErrorEquals }) => ErrorEquals.includes(error)));
  for (const error of missing) say(`a Task retries ${error}`);
  for (const { MaxAttempts } of retries) if (typeof MaxAttempts !== 'number') say('a retry says how often: MaxAttempts');
  if (state['HeartbeatSeconds'] !== undefined) say('nobody sends heartbeats');
  if (retries.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'))) say('States.ALL is never retried');
  if (catches.at(-1)?.ErrorEquals.join() !== 'States.ALL') say('the last Catch is States.ALL');
};

const choiceFaults = (state: Json, say: (what: string) => void): void => {
  if (state['Default'] === undefined) say('a Choice needs a Default');
  for (const [key, value] of leaves(state)) {
    if (/(Equals|Than|Matches)Path$/.test(key)) say(`${key} compares with a path; only literals`);
    if (key === 'IsPresent' && value === false) say('IsPresent false never matches locally; use Not');
  }
};

const expressionFaults = (expression: string, inMap: boolean, say: (what: string) => void): void => {
  if (expression.startsWith('States.')) {
    for (const name of expression.match(/States\.\w+/g) ?? [])
      if (!intrinsics.has(name)) say(`the intrinsic ${name} is outside the subset`);
    if (expression.includes('\\')) say('no backslashes in an intrinsic');
    for (const text of expression.match(/'[^']*'/g) ?? []) if (/[()]/.test(text)) say('no parentheses in the text of an intrinsic');
    for (const path of expression.match(/\$[$\w.[\]]*/g) ?? []) expressionFaults(path, inMap, say);
  } else if (expression.startsWith('$$.Map.Item.')) {
    if (!inMap) say(`the context ${expression} is for the ItemSelector of a map`);
  } else if (expression.startsWith('$$.')) {
    if (!contextPaths.test(expression)) say(`the context ${expression} is outside the subset`);
  } else if (!plainPath.test(expression)) say(`${expression} is no plain path`);
};

const leaves = (value: unknown): readonly (readonly [string, unknown])[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? leaves(inner) : [[key, inner] as const],
  );
};

const targetsOf = (state: Json): readonly string[] =>
  leaves(withoutInner(state)).flatMap(([key, value]) => (key === 'Next' || key === 'Default' ? [String(value)] : []));

const unreachable = ({ StartAt, States }: Definition): readonly string[] => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const state = States[name];
    if (!state || seen.has(name)) return;
    seen.add(name);
    targetsOf(state).forEach(visit);
  };
  visit(StartAt);
  return Object.keys(States).filter((name) => !seen.has(name));
};

const danglingTargets = ({ StartAt, States }: Definition): readonly string[] =>
  [StartAt, ...Object.values(States).flatMap(targetsOf)].filter((name) => !Object.hasOwn(States, name));
