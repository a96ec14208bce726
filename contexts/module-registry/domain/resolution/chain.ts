import { needing } from './cycle.ts';
import type { Fact } from './incompatibility.ts';
import { linksOf } from './links.ts';
import { type Survey, valuesOf } from './survey.ts';
import { absence, type Values } from './values.ts';
import type { Link } from './vocabulary.ts';

type Need = Extract<Fact, { kind: 'needs' }>;

/** No chain tells of more needs, or of more ends, than this: of a longer one the nearest. */
const toldMax = 40;

/** The facts as a chain: from what was asked for, along what it needs, to what stands against it. */
export const chainOf = (survey: Survey, facts: readonly Fact[]): readonly Link[] => {
  const asked = new Map(facts.flatMap((fact) => (fact.kind === 'asked' ? [[fact.module, fact.versions] as const] : [])));
  const needs = needsIn(survey, facts).filter(({ module, versions }) => asked.get(module)?.some((asks) => versions.includes(asks)) ?? true);
  const depths = depthsOf(survey, asked, needs);
  const depthOf = ({ module }: { readonly module: string }): number => depths.get(module) ?? 2 * installedDepth;
  const nearest = needs.sort((one, other) => depthOf(one) - depthOf(other));
  const ends = facts.filter(({ kind }) => kind !== 'needs' && kind !== 'cycle');
  const dead = nearest.slice(toldMax).filter((need) => isDeadEnd(survey, need));
  const concerned = concernedBy(survey, { asked, nearest });
  const contradicted = new Set(
    needs
      .map(({ dependency }) => dependency)
      .filter(({ module, range }) => (survey.choicesOf(module).within(range) & concerned(module)) === 0n)
      .map(({ module }) => module),
  );
  return [...nearest.slice(0, toldMax), ...dead.slice(0, toldMax), ...ends.slice(0, toldMax)]
    .flatMap((fact) => linksOf(fact, { survey, concerned }))
    .map((link) => ({ link, place: placeOf(link, { depth: depthOf(link), isContradicted: contradicted.has(link.module) }) }))
    .sort((one, other) => one.place - other.place || byName(one.link, other.link))
    .map(({ link }) => link);
};

/** Each need once. A circle is told as the needs that it is made of. */
const needsIn = (survey: Survey, facts: readonly Fact[]): Need[] => {
  const needs = new Map<string, Need>();
  for (const fact of facts)
    for (const need of fact.kind === 'cycle' ? needsInCircle(survey, fact.circle) : fact.kind === 'needs' ? [fact] : []) {
      const { module, range, optional } = need.dependency;
      const key = `${need.module} ${module} ${range} ${optional}`;
      const versions = new Set([...(needs.get(key)?.versions ?? []), ...need.versions]);
      needs.set(key, {
        ...need,
        versions: survey
          .choicesOf(need.module)
          .candidates.map(({ version }) => version)
          .filter((version) => versions.has(version)),
      });
    }
  return [...needs.values()];
};

const needsInCircle = (survey: Survey, circle: readonly string[]): readonly Need[] =>
  circle.flatMap((module, index) => {
    const next = circle[index + 1] ?? circle[0] ?? module;
    return needing(survey.choicesOf(module), next).flatMap(({ version, dependencies }) =>
      dependencies
        .filter((dependency) => dependency.module === next && !dependency.optional)
        .map((dependency) => ({ kind: 'needs' as const, module, versions: [version], dependency })),
    );
  });

/** What only an installed module leads to comes after all that the request leads to. */
const installedDepth = 5_000;

type Asked = ReadonlyMap<string, readonly string[]>;

/** How far a module is from those that were asked for. */
const depthsOf = ({ choicesOf }: Survey, asked: Asked, needs: readonly Need[]): ReadonlyMap<string, number> => {
  const bySubject = Map.groupBy(needs, ({ module }) => module);
  const depths = new Map([...asked.keys()].map((module) => [module, 0]));
  const follow = (): void => {
    for (const [module, depth] of depths)
      for (const { dependency } of bySubject.get(module) ?? [])
        if (!depths.has(dependency.module)) depths.set(dependency.module, depth + 1);
  };
  follow();
  for (const module of bySubject.keys()) if (!depths.has(module) && choicesOf(module).standing) depths.set(module, installedDepth);
  follow();
  return depths;
};

/** The values of a module that the chain leads to: those asked for, or those that the nearest module that needs it allows. */
const concernedBy = (survey: Survey, { asked, nearest }: { readonly asked: Asked; readonly nearest: readonly Need[] }) => {
  const byTarget = Map.groupBy(
    nearest.filter(({ dependency }) => !dependency.optional),
    ({ dependency }) => dependency.module,
  );
  return (module: string): Values => {
    const choices = survey.choicesOf(module);
    const versions = asked.get(module);
    if (versions) return valuesOf(choices.candidates.filter(({ version }) => versions.includes(version)));
    const needs = byTarget.get(module) ?? [];
    if (needs.length === 0) return choices.all & ~absence;
    return needs
      .filter((need) => need.module === needs[0]?.module)
      .reduce((values, { dependency }) => values | choices.within(dependency.range), 0n);
  };
};

const isDeadEnd = ({ choicesOf }: Survey, { dependency: { module, range, optional } }: Need): boolean =>
  !optional && choicesOf(module).within(range) === 0n;

/** Needs by their distance; then what ends the chain; last what is in the way. */
const placeOf = ({ fact }: Link, { depth, isContradicted }: { readonly depth: number; readonly isContradicted: boolean }): number => {
  if (fact === 'needs') return depth;
  if (fact === 'in-the-way') return 8 * installedDepth;
  return fact === 'asked' && !isContradicted ? -1 : 4 * installedDepth + depth;
};

const byName = (one: Link, other: Link): number => {
  const name = ({ module, needs }: Link): string => `${module} ${needs?.module}`;
  return name(one) < name(other) ? -1 : 1;
};
