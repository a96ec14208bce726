import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import { type Level, type Member, statusOf } from '../domain/member.ts';

/** A member as the API shows it. */
export const MemberView = z.strictObject({
  id: Ulid,
  number: z.string(),
  name: z.string(),
  email: z.string().optional(),
  level: Ulid,
  status: z.enum(['current', 'former']),
  joinedAt: z.iso.datetime(),
  leftAt: z.iso.datetime().optional(),
  renewedAt: z.iso.datetime().optional().describe('When last; from version 1.1.0 on.'),
  version: z.int(),
});
export type MemberView = z.infer<typeof MemberView>;

export const LevelView = z.strictObject({ id: Ulid, name: z.string(), isDefault: z.boolean() });
export type LevelView = z.infer<typeof LevelView>;

export const viewMember = (member: Member): MemberView => ({
  id: member.id,
  number: member.number,
  name: member.name,
  level: member.levelId,
  status: statusOf(member),
  joinedAt: member.joinedAt.toISOString(),
  version: member.version,
  ...(member.email === undefined ? {} : { email: member.email }),
  ...(member.renewedAt === undefined || member.renewedAt === null ? {} : { renewedAt: member.renewedAt.toISOString() }),
  ...(member.leftAt === undefined ? {} : { leftAt: member.leftAt.toISOString() }),
});

export const viewLevel = ({ id, name, isDefault }: Level): LevelView => ({ id, name, isDefault });
