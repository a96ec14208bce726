import type { ApiClient } from '../support/api-client.ts';
import type { Call } from './calls.ts';
import type { Finding, Scene } from './invariants.ts';
import type { Stage } from './stage.ts';

/** One workflow as a sweep drives it: the same from case to case. */
export interface Workflow {
  readonly name: string;
  /** As a sentence, for the report. */
  readonly says: string;
  /** How it ends when nothing goes wrong. */
  readonly endsCleanly: string;
  /** How it may end when one thing goes wrong. */
  readonly mayEnd: readonly string[];
  /** The calls that are its own: what comes before them is what another workflow does too, and is swept there. Absent: all. */
  readonly own?: (calls: readonly Call[]) => readonly Call[];
  /** Faults that are left out: what they do to such calls is swept elsewhere. Absent: none. */
  readonly without?: readonly string[];
  /** Makes what the case needs, and looks at what must stay or come. */
  readonly prepare: (stage: Stage) => Promise<Scene>;
  /** Asks for it, as a client does, again and again until it is answered. Answers the job, when there is one. */
  readonly trigger: (stage: Stage, scene: Scene, client: ApiClient) => Promise<string | undefined>;
  /** Where the events of a workflow without a job are written, e.g. `TENANT#…`. */
  readonly trail?: (scene: Scene) => string;
  /** What only this workflow promises. */
  readonly promises?: (stage: Stage, scene: Scene, jobId: string | undefined) => Promise<readonly Finding[]>;
  /** Puts the stage back for the next case. */
  readonly reset: (stage: Stage, scene: Scene) => Promise<void>;
}
