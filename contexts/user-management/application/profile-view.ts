import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import type { Profile } from '../domain/profile.ts';

/** A profile as the API shows it. */
export const ProfileView = z.strictObject({
  id: Ulid,
  subject: z.string(),
  displayName: z.string(),
  email: z.string().optional(),
  locale: z.string().optional(),
  timeZone: z.string().optional(),
  active: z.boolean(),
  createdAt: z.iso.datetime(),
  deactivatedAt: z.iso.datetime().optional(),
  version: z.int(),
});
export type ProfileView = z.infer<typeof ProfileView>;

export const viewProfile = ({ createdAt, deactivatedAt, ...profile }: Profile): ProfileView => ({
  ...profile,
  active: deactivatedAt === undefined,
  createdAt: createdAt.toISOString(),
  ...(deactivatedAt === undefined ? {} : { deactivatedAt: deactivatedAt.toISOString() }),
});
