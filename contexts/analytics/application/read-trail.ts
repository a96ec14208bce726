import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import { Malformed } from '../../shared/domain/errors.ts';
import type { PageOf, Paging, Position, Trail } from './ports.ts';

/** What is wanted of a trail. `from` is included, `to` is not. */
export interface TrailFilter {
  readonly from?: Date;
  readonly to?: Date;
  readonly module?: string;
  readonly name?: string;
  readonly actor?: string;
}

/** A page with few matches ends after this many events; its cursor says where the next one goes on. */
const examinedMax = 1_000;
const examinedAtOnce = 99;
const firstInstant = new Date(0);
const lastInstant = new Date('9999-12-31T23:59:59.999Z');

/**
 * The trail of a tenant, or the platform's own, newest first. The index finds the period; what else is asked for is looked for in
 * what it answers, so a page may be shorter than asked, even empty, while more follow.
 */
export const makeReadTrail =
  (trail: Pick<Trail, 'before'>) =>
  async (
    of: { readonly tenantId: string } | 'platform',
    { from = firstInstant, to = lastInstant, ...filter }: TrailFilter,
    { limit, cursor }: Paging,
  ): Promise<PageOf<AuditEvent>> => {
    if (from >= to)
      throw new Malformed('the period ends before it begins', [{ field: 'from', message: `must be before ${to.toISOString()}` }]);
    const filtered = Object.keys(filter).length > 0;
    const items: AuditEvent[] = [];
    let position = cursor === undefined ? undefined : positionIn(cursor);
    if (position && position.at < from.toISOString()) return { items };
    for (let examined = 0; examined < examinedMax; ) {
      const atOnce = filtered ? examinedAtOnce : Math.min(limit - items.length, examinedAtOnce);
      const events = await trail.before(of, { from, to, ...(position ? { position } : {}) }, atOnce);
      for (const event of events) {
        position = { at: event.at, id: event.id };
        if (matches(event, filter)) items.push(event);
        if (items.length === limit) return { items, cursor: cursorAt(position) };
      }
      if (events.length < atOnce || position === undefined) return { items };
      examined += events.length;
    }
    return { items, ...(position ? { cursor: cursorAt(position) } : {}) };
  };

/** A job over several modules is about each of them. */
const matches = ({ module, facts, name, actor }: AuditEvent, wanted: Omit<TrailFilter, 'from' | 'to'>): boolean => {
  const modules = facts?.['modules'];
  const about = (one: string): boolean =>
    module === one || (typeof modules === 'object' && modules !== null && Object.hasOwn(modules, one));
  return (
    (wanted.module === undefined || about(wanted.module)) &&
    (wanted.name === undefined || name === wanted.name) &&
    (wanted.actor === undefined || actor === wanted.actor)
  );
};

/** Opaque to callers: the last event that was looked at. */
const cursorAt = ({ at, id }: Position): string => Buffer.from(`${at}#${id}`).toString('base64url');

const positionIn = (cursor: string): Position => {
  const [, at, id] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)#([\w-]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at !== undefined && id !== undefined) return { at, id };
  throw new Malformed('this cursor is not one that a list answered', [
    { field: 'cursor', message: 'pass the cursor of the previous page unchanged' },
  ]);
};
