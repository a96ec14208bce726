import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import type { Denials } from './ports.ts';

/** Somebody with a valid token asked for what is not theirs. */
export interface Denial {
  readonly subject: string;
  readonly role: string;
  /** The tenant of the token. */
  readonly ofTenant?: string;
  /** What was asked for, by the API's name for it. */
  readonly operation: string;
  readonly reason: string;
  /** The tenant that the path named. */
  readonly tenant?: string;
}

export interface DenialPorts {
  readonly denials: Denials;
  readonly clock: Clock;
  readonly newId: NewId;
}

const hourMilliseconds = 3_600_000;

/** Keeps that access was denied, once an hour for each subject, reason and operation: whoever tries often fills no trail. */
export const makeRecordDenial =
  ({ denials, clock, newId }: DenialPorts) =>
  async ({ subject, reason, ...facts }: Denial): Promise<void> => {
    const at = clock.now();
    const hour = Math.floor(at.getTime() / hourMilliseconds);
    const event: AuditEvent = {
      id: newId(),
      sequence: 1,
      name: 'AccessDenied',
      aggregate: `ACCESS#${digestOf([subject, reason, facts.operation, hour])}`,
      actor: subject,
      at: at.toISOString(),
      reason,
      facts,
    };
    await denials.keep(event);
  };

const digestOf = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
