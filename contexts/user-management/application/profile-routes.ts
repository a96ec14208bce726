import * as z from 'zod';
import { newestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { isLocale, isTimeZone } from '../domain/profile.ts';
import { ProfileView } from './profile-view.ts';
import { type Command, makeChangeProfile, makeCreateProfile, makeListProfiles, makeReadProfile, type ProfilePorts } from './profiles.ts';

/** The API of user_management. Whether the module is installed for the tenant was asked before any of this runs. */
export const profileRoutes = (ports: ProfilePorts): readonly Route[] => [create(ports), list(ports), read(ports), change(ports)];

const tags = ['User profiles'];
const params = z.strictObject({ profile: Ulid });
const Subject = line(255).describe('The `sub` of the person’s token.');
const DisplayName = line(200);
const Email = z.email().max(254);
const Locale = line(35).refine(isLocale, 'is not a language tag of BCP 47, like de-CH');
const TimeZone = line(60).refine(isTimeZone, 'is not a time zone of IANA, like Europe/Zurich');

const commandOf = ({ tenant, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, key: idempotency });

const create = (ports: ProfilePorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/user-profiles',
    operationId: 'createUserProfile',
    summary: 'Create a user profile',
    tags,
    roles: writers,
    body: z.strictObject({
      subject: Subject,
      displayName: DisplayName,
      email: Email.optional(),
      locale: Locale.optional(),
      timeZone: TimeZone.optional(),
    }),
    bodyExample: { subject: 'auth0|1815', displayName: 'Ada Lovelace', locale: 'en-GB', timeZone: 'Europe/London' },
    answers: { 201: { description: 'The profile.', schema: ProfileView, headers: { location: 'The path of the profile.' } } },
    refusals: { 409: 'The subject has a profile.' },
    handle: async (request) => {
      const { email, locale, timeZone, ...given } = request.body;
      const profile = await makeCreateProfile(ports)(commandOf(request), {
        ...given,
        ...(email === undefined ? {} : { email }),
        ...(locale === undefined ? {} : { locale }),
        ...(timeZone === undefined ? {} : { timeZone }),
      });
      return { status: 201, body: profile, headers: { location: `/api/v1/tenants/${request.tenant.slug}/user-profiles/${profile.id}` } };
    },
  });

const list = (ports: ProfilePorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/user-profiles',
    operationId: 'listUserProfiles',
    summary: 'List the user profiles, newest first',
    tags,
    roles: readers,
    query: z.strictObject({ ...newestFirst, subject: Subject.optional(), active: z.enum(['true', 'false']).optional() }),
    answers: { 200: { description: 'A page of profiles; `cursor` is there while more may follow.', schema: pageView(ProfileView) } },
    handle: async ({ tenant, query: { limit, cursor, subject, active } }) => {
      const page = { limit, after: cursor, subject, active: active === undefined ? undefined : active === 'true' };
      return { status: 200, body: viewPage(await makeListProfiles(ports)(tenant, page), limit) };
    },
  });

const read = (ports: ProfilePorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/user-profiles/{profile}',
    operationId: 'getUserProfile',
    summary: 'Read a user profile',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The profile.', schema: ProfileView } },
    refusals: { 404: 'No such profile.' },
    handle: async ({ tenant, params: { profile } }) => ({ status: 200, body: await makeReadProfile(ports)(tenant, profile) }),
  });

const change = (ports: ProfilePorts): Route =>
  defineRoute({
    method: 'PATCH',
    path: '/tenants/{tenant}/user-profiles/{profile}',
    operationId: 'changeUserProfile',
    summary: 'Change a user profile',
    description: 'What is left out stays, null goes. With `version`, the change is refused if the profile has another one by now.',
    tags,
    roles: writers,
    params,
    body: z.strictObject({
      displayName: DisplayName.optional(),
      email: Email.nullable().optional(),
      locale: Locale.nullable().optional(),
      timeZone: TimeZone.nullable().optional(),
      active: z.boolean().optional().describe('false: the person is gone, and the profile kept.'),
      version: z.int().positive().optional(),
    }),
    bodyExample: { timeZone: 'Europe/Zurich', version: 1 },
    answers: { 200: { description: 'The profile as it is now.', schema: ProfileView } },
    refusals: { 404: 'No such profile.', 409: 'It is at another version.' },
    handle: async (request) => ({
      status: 200,
      body: await makeChangeProfile(ports)(commandOf(request), request.params.profile, request.body),
    }),
  });
