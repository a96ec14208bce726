import { isRecord, type Properties, type Scope } from './assembly.ts';

/**
 * The CloudFormation functions that CDK writes. `Fn::If` and the conditions behind it are left out on purpose: one
 * template means one thing. Any other function stops the start by name.
 */

export const region = 'us-east-1';
export const account = '000000000000';

export interface Lookups {
  /** The value of `{ Ref: name }` for a parameter or a resource of the stack. */
  readonly ref: (scope: Scope, name: string) => unknown;
  readonly attribute: (scope: Scope, logicalId: string, name: string) => unknown;
  readonly imported: (name: string) => { readonly scope: Scope; readonly value: unknown };
}

export type Resolve = (scope: Scope, value: unknown) => unknown;

const pseudo = (name: string, { stack }: Scope): string | undefined =>
  ({
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stack}/local`,
  })[name];

const pairOf = (text: string): readonly [string, string] => {
  const dot = text.indexOf('.');
  return [text.slice(0, dot), text.slice(dot + 1)];
};

const makeFunctions = (lookups: Lookups, resolve: Resolve) => {
  const ref = (scope: Scope, name: string): unknown =>
    name === 'AWS::NoValue' ? undefined : (pseudo(name, scope) ?? lookups.ref(scope, name));
  const attribute = (scope: Scope, argument: string | readonly [string, string]): unknown =>
    lookups.attribute(scope, ...(typeof argument === 'string' ? pairOf(argument) : argument));
  const sub = (scope: Scope, argument: string | readonly [string, Properties]): string => {
    const [text, values] = typeof argument === 'string' ? [argument, {}] : argument;
    const local = resolve(scope, values) as Properties;
    const named = (name: string): unknown => local[name] ?? (name.includes('.') ? attribute(scope, name) : ref(scope, name));
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => (literal ? `\${${name}}` : String(named(name))));
  };
  return {
    Ref: ref,
    'Fn::GetAtt': attribute,
    'Fn::Sub': sub,
    'Fn::Join': (scope: Scope, [separator, parts]: readonly [string, unknown]) =>
      (resolve(scope, parts) as readonly string[]).join(separator),
    'Fn::Select': (scope: Scope, [index, list]: readonly [unknown, unknown]) =>
      (resolve(scope, list) as readonly unknown[])[Number(resolve(scope, index))],
    'Fn::Split': (scope: Scope, [separator, text]: readonly [string, unknown]) => String(resolve(scope, text)).split(separator),
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${region}${zone}`),
    'Fn::ImportValue': (scope: Scope, name: unknown) => {
      const found = lookups.imported(String(resolve(scope, name)));
      return resolve(found.scope, found.value);
    },
  } as const;
};

/** `{ Ref: … }` or `{ 'Fn::…': … }`, as name and argument. */
export const intrinsicOf = (value: unknown): readonly [string, unknown] | undefined => {
  if (!isRecord(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  return entry && more.length === 0 && (entry[0] === 'Ref' || entry[0].startsWith('Fn::')) ? entry : undefined;
};

export const makeResolve = (lookups: Lookups): Resolve => {
  const resolve: Resolve = (scope, value) => {
    if (Array.isArray(value)) return value.map((item) => resolve(scope, item)).filter((item) => item !== undefined);
    const intrinsic = intrinsicOf(value);
    if (intrinsic) {
      const apply = (functions as Readonly<Record<string, (scope: Scope, argument: never) => unknown>>)[intrinsic[0]];
      if (!apply) throw new Error(`${scope.stack}: ${intrinsic[0]} is not supported locally`);
      return apply(scope, intrinsic[1] as never);
    }
    if (!isRecord(value)) return value;
    const entries = Object.entries(value).map(([name, inner]) => [name, resolve(scope, inner)] as const);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
  };
  const functions = makeFunctions(lookups, resolve);
  return resolve;
};

/** The names that a value refers to within its stack, and the exports of other stacks that it imports. */
export const referencesIn = (value: unknown): { readonly names: readonly string[]; readonly imports: readonly unknown[] } => {
  const names: string[] = [];
  const imports: unknown[] = [];
  const walk = (inner: unknown): void => {
    const intrinsic = intrinsicOf(inner);
    if (!intrinsic) {
      if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(walk);
      return;
    }
    const [name, argument] = intrinsic;
    if (name === 'Ref') names.push(String(argument));
    else if (name === 'Fn::GetAtt') names.push(typeof argument === 'string' ? pairOf(argument)[0] : String((argument as unknown[])[0]));
    else if (name === 'Fn::ImportValue') imports.push(argument);
    else {
      if (name === 'Fn::Sub') {
        const text = String(Array.isArray(argument) ? argument[0] : argument);
        for (const match of text.matchAll(/\$\{([^!}.]+)[^}]*\}/g)) names.push(match[1] ?? '');
      }
      walk(argument);
    }
  };
  walk(value);
  return { names, imports };
};
