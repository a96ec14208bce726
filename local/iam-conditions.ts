import { type Bound, compileArn, compileLiteral, compilePattern } from './iam-patterns.ts';

/** Conditions of policies. An operator or a key that is not listed here throws when the policy is loaded. */

/** What is known of one request, by condition key, e.g. `aws:RequestTag/tenant`; what the principal is comes from its session. */
export type PolicyContext = Readonly<Record<string, string | readonly string[]>>;

export type Condition = Readonly<Record<string, Readonly<Record<string, string | boolean | readonly (string | boolean)[]>>>>;

const keys = new Set([
  'aws:PrincipalArn',
  'aws:TagKeys',
  'aws:SourceArn',
  'aws:SourceAccount',
  'aws:SecureTransport',
  'dynamodb:LeadingKeys',
  'events:detail-type',
  'events:source',
  'sts:RoleSessionName',
]);
const keyFamilies = ['aws:PrincipalTag/', 'aws:RequestTag/', 'aws:ResourceTag/', 'secretsmanager:ResourceTag/'];

type Test = (present: readonly string[] | undefined) => boolean;
type Operator = (wanted: readonly string[], bound: Bound) => Test;
type Compile = (pattern: string, bound: Bound) => (text: string) => boolean;

const some =
  (compile: Compile): Operator =>
  (wanted, bound) => {
    const patterns = wanted.map((pattern) => compile(pattern, bound));
    return (present) => present?.some((value) => patterns.some((matches) => matches(value))) ?? false;
  };

/** True of an absent key, as in IAM: combine with `Null` to demand presence. */
const all =
  (compile: Compile): Operator =>
  (wanted, bound) => {
    const patterns = wanted.map((pattern) => compile(pattern, bound));
    return (present) => present?.every((value) => patterns.some((matches) => matches(value))) ?? true;
  };

const isAbsent: Operator = (wanted) => (present) => wanted.includes(String(present === undefined));

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: some(compileLiteral),
  StringLike: some(compilePattern),
  ArnEquals: some(compileArn),
  ArnLike: some(compileArn),
  Bool: some(compileLiteral),
  Null: isAbsent,
  'ForAllValues:StringEquals': all(compileLiteral),
  'ForAllValues:StringLike': all(compilePattern),
};

const checkKey = (key: string): void => {
  if (!keys.has(key) && !keyFamilies.some((family) => key.startsWith(family) && key.length > family.length))
    throw new Error(`a policy has a condition on ${key}, which the local evaluator does not know`);
};

const present = (key: string, context: PolicyContext, { principalArn, tags }: Bound): readonly string[] | undefined => {
  if (key === 'aws:PrincipalArn') return [principalArn];
  const value = key.startsWith('aws:PrincipalTag/') ? tags[key.slice('aws:PrincipalTag/'.length)] : context[key];
  return value === undefined ? undefined : [value].flat();
};

/** Every operator and every key must hold; of a key's values one is enough. */
export const compileCondition = (condition: Condition, bound: Bound): ((context: PolicyContext) => boolean) => {
  const tests = Object.entries(condition).flatMap(([name, wantedByKey]) => {
    const operator = operators[name];
    if (!operator) throw new Error(`a policy uses the condition operator ${name}, which the local evaluator does not know`);
    return Object.entries(wantedByKey).map(([key, wanted]) => {
      checkKey(key);
      return { key, test: operator([wanted].flat().map(String), bound) };
    });
  });
  return (context) => tests.every(({ key, test }) => test(present(key, context, bound)));
};
