import * as semver from 'semver';
import { memoized } from './memoized.ts';

/** Versions and ranges, each parsed and compared once. Catalogs repeat themselves: many modules have a 1.0.0, many needs are ^1.0. */
export interface Versions {
  readonly newestFirst: (one: string, other: string) => number;
  readonly satisfies: (version: string, range: string) => boolean;
}

export const makeVersions = (): Versions => {
  const parse = memoized((version) => new semver.SemVer(version));
  const tests = memoized((range) => {
    const parsed = new semver.Range(range);
    return memoized((version) => parsed.test(parse(version)));
  });
  return {
    newestFirst: (one, other) => parse(other).compare(parse(one)) || parse(other).compareBuild(parse(one)),
    satisfies: (version, range) => tests(range)(version),
  };
};
