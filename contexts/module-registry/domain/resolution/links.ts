import type { Fact } from './incompatibility.ts';
import { type Choices, candidatesAmong, type Survey } from './survey.ts';
import type { Values } from './values.ts';
import type { Link } from './vocabulary.ts';
import { closed, listed, named, needsClause, versionsOf } from './words.ts';

interface Setting {
  readonly survey: Survey;
  /** Of a module, the values that the chain leads to. */
  readonly concerned: (module: string) => Values;
}

/** A fact in words, and the fact that follows from it by itself: that a need cannot be met. */
export const linksOf = (fact: Fact, { survey, concerned }: Setting): readonly Link[] => {
  const choices = survey.choicesOf(fact.module);
  switch (fact.kind) {
    case 'asked':
      return [askedLink(fact.module, fact.versions)];
    case 'needs':
    case 'in-the-way': {
      const versions = restricted(choices, fact.versions, concerned(fact.module));
      return [needsLink(choices, { ...fact, versions }), ...missingLinks(survey.choicesOf(fact.dependency.module), fact.dependency)];
    }
    case 'unavailable': {
      const versions = restricted(choices, fact.versions, concerned(fact.module));
      const says = `${named(fact.module, versions)} ${closed(fact.reason, versions.length > 1, fact.sunsetAt)}`;
      return [{ fact: fact.reason, module: fact.module, versions, says }];
    }
    case 'kept':
      return [keptLink(choices, concerned(fact.module))];
    default:
      return [];
  }
};

/** Of several versions those that matter here, if any does. */
const restricted = (choices: Choices, versions: readonly string[], values: Values): readonly string[] => {
  const matter = new Set(versionsOf(candidatesAmong(choices, values)));
  const those = versions.filter((version) => matter.has(version));
  return those.length > 0 ? those : versions;
};

const askedLink = (module: string, versions: readonly string[]): Link => ({
  fact: 'asked',
  module,
  versions,
  says: `${named(module, versions)} is asked for`,
});

const needsLink = ({ module, standing }: Choices, need: Extract<Fact, { kind: 'needs' | 'in-the-way' }>): Link => {
  const { kind, versions, dependency } = need;
  const isInstalled = versions.length === 1 && versions[0] === standing?.version;
  const subject = `${named(module, versions)}${isInstalled ? ', which is installed,' : ''}`;
  return { fact: kind, module, versions, needs: dependency, says: needsClause(subject, versions.length > 1, dependency) };
};

/** Said of a need that no version in the catalog could meet. */
const missingLinks = (target: Choices, { range, optional }: { readonly range: string; readonly optional: boolean }): readonly Link[] => {
  if (optional || target.within(range) !== 0n) return [];
  const { module, candidates } = target;
  const versions = versionsOf(candidates);
  const says =
    versions.length === 0 ? `there is no module ${module} in the catalog` : `${module} has no such version, only ${listed(versions)}`;
  return [{ fact: 'missing', module, versions, says }];
};

const keptLink = ({ module, standing, candidates }: Choices, concerned: Values): Link => {
  const place = standing ? candidates.indexOf(standing) : 0;
  const older = candidates.slice(place + 1).some(({ value }) => (value & concerned) !== 0n);
  const versions = standing ? [standing.version] : [];
  const says = `${named(module, versions)} is installed${older ? ' and is not downgraded unless that is asked for' : ''}`;
  return { fact: 'kept', module, versions, says };
};
