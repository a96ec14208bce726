import type { Candidate } from './survey.ts';
import type { Dependency, Unavailability } from './vocabulary.ts';

/** `a, b and c`, or of many the first few and how many more. */
export const listed = (names: readonly string[], most = 4): string => {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  const last = shown.at(-1) ?? '';
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last}` : last;
};

/** `finance 1.0.0`, `finance 2.0.0 and 1.0.0`. */
export const named = (module: string, versions: readonly string[]): string => `${module} ${listed(versions)}`;

/** `finance 1.0.0 needs digital_card ^1.0`. */
export const needsClause = (subject: string, plural: boolean, { module, range, optional }: Dependency): string => {
  if (optional) return `${subject} ${plural ? 'work' : 'works'} only with ${module} ${range}`;
  return `${subject} ${plural ? 'need' : 'needs'} ${module} ${range}`;
};

/** `is a draft`, `was withdrawn`, `is past its sunset of …`. */
export const closed = (reason: Unavailability, plural: boolean, sunsetAt: Date | undefined): string => {
  if (reason === 'not-published') return plural ? 'are drafts' : 'is a draft';
  if (reason === 'withdrawn') return plural ? 'were withdrawn' : 'was withdrawn';
  return plural ? 'are past their sunset' : `is past its sunset of ${sunsetAt?.toISOString()}`;
};

export const versionsOf = (candidates: readonly Candidate[]): readonly string[] => candidates.map(({ version }) => version);
