/** What workflows may use of the Amazon States Language: docs/decisions/0007. Each fault is a sentence that names the state. */

type Json = Readonly<Record<string, unknown>>;
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, Json>>;
}

const types = new Set(['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']);
const ours = ['Malformed', 'Refused', 'Contended', 'Unavailable', 'Defect'];
const lambda = [
  'ServiceException',
  'AWSLambdaException',
  'SdkClientException',
  'TooManyRequestsException',
  'ClientExecutionTimeoutException',
  'Unknown',
];
const errorNames = new Set([...ours, ...lambda.map((name) => `Lambda.${name}`), 'Sandbox.Timedout', 'States.Timeout', 'States.ALL']);
const intrinsics = new Set(['States.Format', 'States.Array', 'States.ArrayLength', 'States.MathAdd', 'States.JsonMerge', 'States.UUID']);
const contextPaths = /^\$\$\.(Execution\.(Id|Name|StartTime)|Task\.Token)$/;

export const faultsOf = (definition: Definition): readonly string[] => [
  ...Object.entries(definition.States).flatMap(([name, state]) => stateFaults(name, state)),
  ...unreachable(definition).map((name) => `${name}: nothing leads to it`),
  ...danglingTargets(definition).map((name) => `${name}: there is no such state`),
];

const stateFaults = (name: string, state: Json): readonly string[] => {
  const faults: string[] = [];
  const say = (what: string): void => void faults.push(`${name}: ${what}`);
  if (!types.has(String(state['Type']))) say(`the type ${String(state['Type'])} is outside the subset`);
  if (state['ResultPath'] === '$') say('ResultPath "$" means something else to the local engine');
  if (state['QueryLanguage'] !== undefined) say('JSONata is outside the subset');
  if (state['Type'] === 'Task') taskFaults(state, say);
  if (state['Type'] === 'Choice') choiceFaults(state, say);
  for (const [key, value] of leaves(state)) if (key.endsWith('.$')) expressionFaults(String(value), say);
  return faults;
};

const taskFaults = (state: Json, say: (what: string) => void): void => {
  if (typeof state['TimeoutSeconds'] !== 'number') say('a Task needs TimeoutSeconds');
  const payload = (state['Parameters'] as Json | undefined)?.['Payload'];
  if (typeof payload !== 'object' || payload === null) say('a Task needs an object as Payload');
  const retries = (state['Retry'] ?? []) as readonly { readonly ErrorEquals: readonly string[] }[];
  const catches = (state['Catch'] ?? []) as readonly { readonly ErrorEquals: readonly string[] }[];
  for (const error of [...retries, ...catches].flatMap(({ ErrorEquals }) => ErrorEquals))
    if (!errorNames.has(error)) say(`nobody raises ${error}`);
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

const expressionFaults = (expression: string, say: (what: string) => void): void => {
  if (expression.startsWith('States.')) {
    const name = expression.slice(0, expression.indexOf('('));
    if (!intrinsics.has(name)) say(`the intrinsic ${name} is outside the subset`);
    if (/[\\]/.test(expression)) say('no backslashes in an intrinsic');
  } else if (expression.startsWith('$$.')) {
    if (!contextPaths.test(expression)) say(`the context ${expression} is outside the subset`);
  } else if (!/^\$(\.[A-Za-z_]\w*)*$/.test(expression)) say(`${expression} is no plain path`);
};

const leaves = (value: unknown): readonly (readonly [string, unknown])[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? leaves(inner) : [[key, inner] as const],
  );
};

const targetsOf = (state: Json): readonly string[] =>
  leaves(state).flatMap(([key, value]) => (key === 'Next' || key === 'Default' ? [String(value)] : []));

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
