/** Time and ids enter at the composition root only, so that everything else can be tested with fixed ones. */
export interface Clock {
  /** The present, UTC. */
  readonly now: () => Date;
}

/** A new ULID; later ones sort after earlier ones made by the same process. */
export type NewId = () => string;
