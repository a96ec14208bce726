import { compileCondition, type PolicyContext } from './iam-conditions.ts';
import { type Bound, compilePattern } from './iam-patterns.ts';

/**
 * IAM's evaluation of identity policies and trust policies: default deny, an explicit Deny wins. It is strict: what it
 * does not know throws when the policy is loaded, by name, instead of being taken for a yes or a no.
 */

export type { PolicyContext } from './iam-conditions.ts';

type OneOrMany<T> = T | readonly T[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  /** Trust policies only. */
  readonly Principal?: '*' | Readonly<Record<string, OneOrMany<string>>>;
  /** Operator → key → values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany<string | boolean>>>>>;
}

export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: OneOrMany<Statement>;
}

/** `Silent`: nothing speaks of it, which is a denial unless another policy allows it. */
export type Decision = 'Allow' | 'Deny' | 'Silent';
export type Decide = (action: string, resource: string, context?: PolicyContext) => Decision;

const list = <T>(value: OneOrMany<T> | undefined): readonly T[] => (value === undefined ? [] : ([value].flat() as T[]));

const statementKeys = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'Condition']);

const checkStatement = (statement: Statement): void => {
  const stray = Object.keys(statement).find((key) => !statementKeys.has(key));
  if (stray !== undefined) throw new Error(`a policy statement says ${stray}, which the local evaluator does not know`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
    throw new Error(`Effect ${String(statement.Effect)} is not Allow or Deny`);
  if ((statement.Action === undefined) === (statement.NotAction === undefined))
    throw new Error('a policy statement has exactly one of Action and NotAction');
};

type Matches = (text: string) => boolean;

const either = (wanted: OneOrMany<string> | undefined, unwanted: OneOrMany<string> | undefined, compile: (pattern: string) => Matches) => {
  const patterns = list(wanted ?? unwanted).map(compile);
  const any: Matches = (text) => patterns.some((matches) => matches(text));
  return wanted === undefined ? (text: string) => !any(text) : any;
};

const compileActions = ({ Action, NotAction }: Statement, bound: Bound): Matches => {
  const matches = either(Action, NotAction, (pattern) => compilePattern(pattern.toLowerCase(), bound));
  return (action) => matches(action.toLowerCase());
};

const settle = (effects: readonly Statement['Effect'][]): Decision =>
  effects.includes('Deny') ? 'Deny' : effects.includes('Allow') ? 'Allow' : 'Silent';

const statementsOf = (documents: readonly PolicyDocument[]): readonly Statement[] => {
  const statements = documents.flatMap(({ Statement }) => list(Statement));
  statements.forEach(checkStatement);
  return statements;
};

/** The policies of one session; `bound` is what `${aws:PrincipalTag/…}` and the like stand for in them. */
export const compilePolicies = (documents: readonly PolicyDocument[], bound: Bound): Decide => {
  const statements = statementsOf(documents).map((statement) => {
    const { Effect, Resource, NotResource, Condition = {}, Principal } = statement;
    if (Principal !== undefined) throw new Error('an identity policy names no Principal');
    if ((Resource === undefined) === (NotResource === undefined))
      throw new Error('a statement of an identity policy has exactly one of Resource and NotResource');
    return {
      effect: Effect,
      action: compileActions(statement, bound),
      resource: either(Resource, NotResource, (pattern) => compilePattern(pattern, bound)),
      holds: compileCondition(Condition, bound),
    };
  });
  return (action, resource, context = {}) =>
    settle(statements.filter((s) => s.action(action) && s.resource(resource) && s.holds(context)).map(({ effect }) => effect));
};

/** Who a trust statement names: the caller itself, the caller's whole account, or somebody else. */
type Named = 'caller' | 'account' | 'other';

const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

const nameAws = (value: string, principalArn: string): Named => {
  if (value === '*' || value === principalArn) return 'caller';
  const account = accountOf(principalArn);
  if (value === account || value === `arn:aws:iam::${account}:root`) return 'account';
  if (/^\d{12}$/.test(value) || /^arn:aws:iam::\d{12}:(root|role\/[\w+=,.@/-]+|user\/[\w+=,.@/-]+)$/.test(value)) return 'other';
  throw new Error(`a trust policy names the principal ${value}, a form that the local evaluator does not know`);
};

const nameOf = (principal: NonNullable<Statement['Principal']>, principalArn: string): Named => {
  if (principal === '*') return 'caller';
  const names = Object.entries(principal).flatMap(([kind, values]) => {
    if (kind === 'Service') return [];
    if (kind !== 'AWS') throw new Error(`a trust policy names a principal of kind ${kind}, which the local evaluator does not know`);
    return list(values).map((value) => nameAws(value, principalArn));
  });
  return names.includes('caller') ? 'caller' : names.includes('account') ? 'account' : 'other';
};

export interface TrustDecision {
  readonly decision: Decision;
  /** The policy allows the account as a whole: the caller's own policies must allow it as well. */
  readonly delegated: boolean;
}

export const compileTrust = (document: PolicyDocument, bound: Bound): ((action: string, context?: PolicyContext) => TrustDecision) => {
  const statements = statementsOf([document]).map((statement) => {
    const { Effect, Principal, Resource, NotResource, Condition = {} } = statement;
    if (Principal === undefined || Resource !== undefined || NotResource !== undefined)
      throw new Error('a statement of a trust policy names a Principal and no Resource');
    const named = nameOf(Principal, bound.principalArn);
    return { effect: Effect, named, action: compileActions(statement, bound), holds: compileCondition(Condition, bound) };
  });
  return (action, context = {}) => {
    const speaking = statements.filter((s) => s.named !== 'other' && s.action(action) && s.holds(context));
    const decision = settle(speaking.map(({ effect }) => effect));
    return { decision, delegated: decision === 'Allow' && !speaking.some(({ named }) => named === 'caller') };
  };
};
