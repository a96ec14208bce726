import type { Aim, Aims } from './aims.ts';
import { chainOf } from './chain.ts';
import { sift, solveGrounds } from './core.ts';
import type { Fact, Grounds } from './incompatibility.ts';
import { refuse } from './refusal.ts';
import type { Effort } from './solver.ts';
import { candidatesAmong, type Survey } from './survey.ts';
import type { Explanation, Link, ResolutionReason } from './vocabulary.ts';
import { named, versionsOf } from './words.ts';

/**
 * Why there is no plan, told of the newest version of each module that was asked for: the whole proof would tell of each
 * version in turn. What else was possible is ruled out by the same search, and only named.
 */
export const explain = (survey: Survey, { aims, grounds }: Refuted, effort: Effort): Explanation => {
  const facts = groundsAgainstNewest(survey, { aims, grounds }, effort).map(({ because }) => because);
  const chain = chainOf(survey, facts);
  const told = new Set(facts.flatMap((fact) => (fact.kind === 'asked' ? [fact.module] : [])));
  const others = aims.aims.filter(({ module }) => told.has(module)).flatMap((aim) => othersThan(survey, aim));
  const reason = reasonOf(facts, chain);
  const message = [sentenceOf(chain), ...others, ...(remedies[reason] ?? [])].join('; ');
  const [first] = told;
  return refuse(reason, message, { module: first ?? aims.aims[0]?.module ?? '', chain });
};

interface Refuted {
  readonly aims: Aims;
  readonly grounds: readonly Grounds[];
}

const onlyNewest = (survey: Survey, { module, range, values }: Aim): Grounds => {
  const choices = survey.choicesOf(module);
  const among = candidatesAmong(choices, values);
  const newest = among.find(({ status }) => status === 'published') ?? among[0];
  const versions = newest ? [newest.version] : [];
  return { terms: [{ module, values: choices.all & ~(newest?.value ?? 0n) }], because: { kind: 'asked', module, range, versions } };
};

/** A proof from more facts than this is told as it was found: nobody reads it to its end. */
const siftedMax = 2_000;

/** The grounds that rule out the newest versions, and no others. */
const groundsAgainstNewest = (survey: Survey, { aims, grounds }: Refuted, effort: Effort): readonly Grounds[] => {
  const isAsked = ({ because }: Grounds): boolean => because.kind === 'asked';
  const others = grounds.filter((ground) => !isAsked(ground));
  const newest = aims.aims.map((aim) => onlyNewest(survey, aim));
  if (others.length > siftedMax) return [...newest, ...others];
  const outcome = solveGrounds(survey, [...newest, ...others], effort);
  const fewer = outcome.kind === 'impossible' ? outcome.grounds : [...newest, ...others];
  return sift(survey, { grounds: fewer, dispensable: [...fewer.filter((ground) => !isAsked(ground)), ...fewer.filter(isAsked)] }, effort);
};

const othersThan = (survey: Survey, aim: Aim): readonly string[] => {
  const { because } = onlyNewest(survey, aim);
  const all = versionsOf(candidatesAmong(survey.choicesOf(aim.module), aim.values));
  const others = all.filter((version) => because.kind !== 'asked' || !because.versions.includes(version));
  return others.length === 0 ? [] : [`${named(aim.module, others)} ${others.length > 1 ? 'do' : 'does'} not fit either`];
};

/** The kinds of fact that end a chain, each with the reason that it gives. Where several end it, modules conflict. */
const reasonOf = (facts: readonly Fact[], chain: readonly Link[]): ResolutionReason => {
  if (facts.some(({ kind }) => kind === 'cycle')) return 'dependency-cycle';
  if (facts.some(({ kind }) => kind === 'in-the-way')) return 'dependents-in-the-way';
  const closed = facts.flatMap((fact) => (fact.kind === 'unavailable' ? [fact.reason] : []));
  const missing = chain.some(({ fact }) => fact === 'missing');
  const [reason] = closed;
  const isConflict = facts.some(({ kind }) => kind === 'kept') || (missing && reason !== undefined) || new Set(closed).size > 1;
  if (isConflict) return 'dependency-conflict';
  if (missing) return 'missing-dependency';
  return reason ?? 'dependency-conflict';
};

/** No message tells more clauses than this; the chain has them all. */
const clausesMax = 8;

const sentenceOf = (chain: readonly Link[]): string => {
  const clauses = joined(chain.filter((link) => isTold(link, chain)));
  const shown =
    clauses.length > clausesMax
      ? [...clauses.slice(0, clausesMax - 2), `and so on (${clauses.length - clausesMax + 1} more)`, ...clauses.slice(-1)]
      : clauses;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')}, but ${shown.at(-1)}` : (shown[0] ?? '');
};

/** That a module was asked for goes without saying where the chain goes on from it; that one stands, where its need says so. */
const isTold = (link: Link, chain: readonly Link[]): boolean => {
  const goesOn = chain.some(({ module, needs }) => module === link.module && needs !== undefined);
  const isNeeded = chain.slice(0, chain.indexOf(link)).some(({ needs }) => needs?.module === link.module);
  if (link.fact === 'asked') return !goesOn || isNeeded;
  if (link.fact !== 'kept') return true;
  return isNeeded || !chain.some(({ module, versions, needs }) => needs && module === link.module && versions.length === 1);
};

/** `a needs b`, `a needs c` as one clause. */
const joined = (links: readonly Link[]): readonly string[] => {
  const clauses: string[] = [];
  links.forEach((link, index) => {
    const before = links[index - 1];
    const alike = before?.needs && link.needs && !link.needs.optional && !before.needs.optional;
    if (alike && before.module === link.module && before.versions.join() === link.versions.join())
      clauses.push(`${clauses.pop()} and ${link.needs.module} ${link.needs.range}`);
    else clauses.push(link.says);
  });
  return clauses;
};

const remedies: Partial<Readonly<Record<ResolutionReason, readonly string[]>>> = {
  'missing-dependency': ['a platform admin must register and publish what is missing'],
  'not-published': ['a platform admin must publish it first'],
  'dependency-cycle': ['they go round in a circle, which only their authors can break'],
};
