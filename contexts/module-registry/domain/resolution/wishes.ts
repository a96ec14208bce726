import * as semver from 'semver';
import type { Aim, Aims } from './aims.ts';
import { refuseModule } from './refusal.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey, valuesOf } from './survey.ts';
import type { ChangeKind, ChangeRequest, Explanation, Wish } from './vocabulary.ts';
import { closed, listed, versionsOf } from './words.ts';

/** What each wish aims at, or what is wrong with one by itself, before any dependency is looked at. */
export const aimsOf = (survey: Survey, { kind, modules }: ChangeRequest): Aims | Explanation => {
  const aims: Aim[] = [];
  for (const wish of modules) {
    const aim = aimOf(survey.choicesOf(wish.module), kind, wish);
    if ('reason' in aim) return aim;
    aims.push(aim);
  }
  return { aims, others: kind === 'install' ? 'raised' : 'needed' };
};

const aimOf = (choices: Choices, kind: ChangeKind, wish: Wish): Aim | Explanation => {
  const { module, range } = wish;
  const misplaced = misplacedWish(choices, kind);
  if (misplaced) return misplaced;
  const fitting = fittingWish(choices, kind, range);
  if ('reason' in fitting) return fitting;
  const ahead = fitting.filter((candidate) => isAhead(choices, kind, candidate));
  const [newest] = ahead;
  if (newest === undefined) return nothingAhead(choices, kind, range);
  const open = ahead.filter(({ unavailable }) => unavailable === undefined);
  return open.length > 0 ? { module, range, values: valuesOf(open) } : nothingOpen(choices, kind, { range, newest, ahead });
};

/** Whether the module is there or not, which the kind of change decides; `undefined` where that is as it should be. */
export const misplacedWish = (choices: Choices, kind: ChangeKind): Explanation | undefined => {
  const { module, known, standing } = choices;
  if (kind === 'install' && standing)
    return refuseModule('already-installed', {
      module,
      versions: [standing.version],
      says: `${module} ${standing.version} is installed already`,
      remedy: 'ask for an upgrade or a downgrade to change its version',
    });
  if (standing) return undefined;
  if (!known) return refuseModule('unknown-module', { module, says: `there is no module ${module} in the catalog` });
  return kind === 'install' ? undefined : refuseModule('not-installed', { module, says: `${module} is not installed` });
};

const fittingWish = (choices: Choices, kind: ChangeKind, range: string | undefined): readonly Candidate[] | Explanation => {
  const { module, candidates } = choices;
  const versions = versionsOf(candidates);
  if (range === undefined && kind !== 'downgrade') return candidates;
  if (range === undefined || semver.validRange(range) === null)
    return refuseModule('unknown-version', {
      module,
      versions,
      says: range === undefined ? `a downgrade of ${module} must say to which version` : `${range} is neither a version nor a range`,
      remedy: `${module} has ${listed(versions)}`,
    });
  const fitting = candidatesAmong(choices, choices.within(range));
  if (fitting.length > 0) return fitting;
  return refuseModule('unknown-version', {
    module,
    versions,
    says: `${module} has no version ${range}`,
    remedy: `it has ${listed(versions)}`,
  });
};

const isAhead = ({ candidates, standing }: Choices, kind: ChangeKind, candidate: Candidate): boolean => {
  if (standing === undefined || kind === 'install') return true;
  const distance = candidates.indexOf(standing) - candidates.indexOf(candidate);
  return kind === 'upgrade' ? distance > 0 : distance < 0;
};

const nothingAhead = ({ module, standing, within }: Choices, kind: ChangeKind, range: string | undefined): Explanation => {
  const version = standing?.version ?? '';
  if (standing && (range === undefined || (within(range) & standing.value) !== 0n))
    return refuseModule('already-installed', {
      module,
      versions: [version],
      says: `${module} ${version} is installed already`,
      remedy: `there is no ${kind === 'upgrade' ? 'newer' : 'older'} version${range === undefined ? '' : ` within ${range}`}`,
    });
  const other = kind === 'upgrade' ? 'a downgrade' : 'an upgrade';
  return refuseModule('no-upgrade-path', {
    module,
    versions: [version],
    says: `${module} ${version} is installed, and ${range} is not ${kind === 'upgrade' ? 'newer' : 'older'}`,
    remedy: `ask for ${other} if that is what you want`,
  });
};

interface Closed {
  readonly range: string | undefined;
  readonly newest: Candidate;
  readonly ahead: readonly Candidate[];
}

const nothingOpen = ({ module, standing }: Choices, kind: ChangeKind, { range, newest, ahead }: Closed): Explanation => {
  const says = listed(
    ahead.map(({ version, unavailable, sunsetAt }) => `${module} ${version} ${closed(unavailable ?? 'withdrawn', false, sunsetAt)}`),
  );
  if (kind === 'upgrade' && range === undefined)
    return refuseModule('no-upgrade-path', {
      module,
      versions: versionsOf(ahead),
      says: `nothing newer than ${module} ${standing?.version} can be installed: ${says}`,
    });
  return refuseModule(newest.unavailable ?? 'withdrawn', {
    module,
    versions: versionsOf(ahead),
    says,
    remedy: remedies[newest.unavailable ?? 'withdrawn'],
  });
};

const remedies = {
  'not-published': 'a platform admin must publish it first',
  withdrawn: 'choose another version',
  'past-sunset': 'choose a newer version',
} as const;
