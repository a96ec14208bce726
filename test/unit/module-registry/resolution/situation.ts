import { type ChangeKind, type Explanation, resolve } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { request, universe } from './universe.ts';

/** A catalog, what stands, and what is asked for, each in words. */
export interface Situation {
  readonly catalog: string;
  readonly standing?: string;
  readonly kind?: ChangeKind;
  readonly wishes: string;
}

/** Why there is no plan. */
export const explanationOf = ({ catalog, standing, kind = 'install', wishes }: Situation): Explanation => {
  const answer = resolve(universe(catalog, standing), request(kind, wishes));
  if (!('reason' in answer)) throw new Error(`there is a plan: ${JSON.stringify(answer.steps)}`);
  return answer;
};

/** Three modules that need one another. */
export const first = `
  digital_card 1.0.0
  digital_card 1.1.0
  digital_card 2.0.0
  membership 1.0.0
  membership 2.0.0 needs digital_card ^2.0
  finance 1.0.0 needs digital_card ^1.0, needs membership ^1.0
  finance 2.0.0 needs digital_card ^2.0, needs membership ^1.0
`;
