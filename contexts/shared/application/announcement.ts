import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { Clock } from '../domain/clock.ts';
import { Defect } from '../domain/errors.ts';

/** An event of a module's own, which a post hook tells on the platform's bus. */
export interface Announcement<Facts extends z.ZodObject = z.ZodObject> {
  /** Past tense, `CalendarOpened`: its `detail-type`. */
  readonly name: string;
  /** When it is told, as the end of a sentence that begins with its name. */
  readonly says: string;
  /** Ids, names and settings, each with a description; never secrets, never what is known of persons. Use `z.strictObject`. */
  readonly facts: Facts;
}

export const defineAnnouncement = <Facts extends z.ZodObject>(announcement: Announcement<Facts>): Announcement<Facts> => announcement;

/** As it stands in `detail`; its source is `module.{module}`. */
export interface ModuleEvent {
  /** A ULID, the same however often the job's hook runs: by it a repetition is known. */
  readonly id: string;
  readonly name: string;
  readonly module: string;
  readonly version: string;
  readonly tenantId: string;
  readonly jobId: string;
  /** RFC 3339, UTC; of a repetition, when it was told again. */
  readonly at: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Resolves once the bus has taken the event. Rejects with Unavailable while the bus cannot be reached or has no room, and with
 * Defect when it never will take it.
 */
export type Tell = (event: ModuleEvent) => Promise<void>;

/** What a post hook calls: the event is checked, and told under the id that it has in this job. */
export type Announce = <Facts extends z.ZodObject>(announcement: Announcement<Facts>, facts: z.input<Facts>) => Promise<void>;

export interface AnnounceOptions {
  readonly module: string;
  /** What its migrator declares. */
  readonly declared: readonly Announcement[];
  readonly tell: Tell;
  readonly clock: Clock;
  readonly about: Pick<ModuleEvent, 'version' | 'tenantId' | 'jobId'>;
  readonly idempotencyKey: string;
}

/** For one run of a hook. Rejects with Defect what the module does not declare, or would tell twice under one id. */
export const makeAnnounce = ({ module, declared, tell, clock, about, idempotencyKey }: AnnounceOptions): Announce => {
  const told = new Set<string>();
  return async ({ name }, facts) => {
    const announcement = declared.find((known) => known.name === name);
    if (announcement === undefined)
      throw new Defect(`${module} announces ${name}, which its migrator does not declare: name it under announces`, { module });
    if (told.has(name))
      throw new Defect(`a hook of ${module} announces ${name} twice, and the second would pass for a repetition`, { module });
    const parsed = announcement.facts.safeParse(facts);
    if (!parsed.success) {
      const fields = parsed.error.issues.map(({ path }) => path.map(String).join('.'));
      throw new Defect(`${module} announces ${name} with facts that it does not declare: ${fields.join(', ')}`, { module });
    }
    const at = clock.now().toISOString();
    await tell({ id: eventId(about.jobId, `${idempotencyKey}:${name}`), name, module, ...about, at, facts: parsed.data });
    told.add(name);
  };
};

const ulidAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time of the job's id, and 80 bits that are the same for the same key. */
const eventId = (jobId: string, key: string): string => {
  const digest = createHash('sha256').update(key).digest();
  return `${jobId.slice(0, 10)}${[...digest.subarray(0, 16)].map((byte) => ulidAlphabet.charAt(byte % 32)).join('')}`;
};
