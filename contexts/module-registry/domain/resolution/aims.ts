import type { Values } from './values.ts';

/** A module that the request names, with the versions that would do. */
export interface Aim {
  readonly module: string;
  readonly range: string | undefined;
  readonly values: Values;
}

/** A request as the rules see it. */
export interface Aims {
  readonly aims: readonly Aim[];
  /**
   * What may become of a module that stands and is not named. `needed`: it is raised when something needs it otherwise than it is, but
   * when its own needs are in the way it stays there. `raised`, `lowered`: it makes room as well.
   */
  readonly others: 'needed' | 'raised' | 'lowered';
}
