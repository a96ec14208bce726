import * as z from 'zod';
import { newestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { LevelView, MemberView } from './member-view.ts';
import {
  type Command,
  type MemberPorts,
  makeAdmitMember,
  makeEndMembership,
  makeListLevels,
  makeListMembers,
  makeReadMember,
  makeRenewMembership,
} from './members.ts';

/** The API of membership. Whether the module is installed for the tenant was asked before any of this runs. */
export const memberRoutes = (ports: MemberPorts): readonly Route[] => [
  admit(ports),
  list(ports),
  read(ports),
  renew(ports),
  end(ports),
  levels(ports),
];

const tags = ['Members'];
const params = z.strictObject({ member: Ulid });
const Name = line(200);

const commandOf = ({ tenant, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, key: idempotency });

const admit = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/members',
    operationId: 'createMember',
    summary: 'Admit a member',
    tags,
    roles: writers,
    body: z.strictObject({
      number: line(100).describe('The tenant’s own; never used twice.'),
      name: Name,
      email: z.email().max(320).optional(),
      level: Ulid.optional().describe('The default level unless given.'),
      joinedAt: z.iso.datetime({ offset: true }).optional().describe('Now unless given.'),
    }),
    bodyExample: { number: 'M-1815', name: 'Ada Lovelace', email: 'ada@example.org' },
    answers: { 201: { description: 'The member.', schema: MemberView, headers: { location: 'The path of the member.' } } },
    refusals: { 409: 'The number is or was another member’s.', 422: 'No such level, or joined in the future.' },
    handle: async (request) => {
      const { joinedAt, ...given } = request.body;
      const since = joinedAt === undefined ? undefined : new Date(joinedAt);
      const member = await makeAdmitMember(ports)(commandOf(request), { ...given, joinedAt: since });
      return { status: 201, body: member, headers: { location: `/api/v1/tenants/${request.tenant.slug}/members/${member.id}` } };
    },
  });

const list = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/members',
    operationId: 'listMembers',
    summary: 'List the members, newest first',
    tags,
    roles: readers,
    query: z.strictObject({
      ...newestFirst,
      status: z.enum(['current', 'former']).optional(),
      name: Name.optional().describe('How the name begins, whatever the case.'),
    }),
    answers: { 200: { description: 'A page of members; `cursor` is there while more may follow.', schema: pageView(MemberView) } },
    handle: async ({ tenant, query: { limit, cursor, status, name } }) => {
      const items = await makeListMembers(ports)(tenant, { limit, after: cursor, status, name });
      return { status: 200, body: viewPage(items, limit) };
    },
  });

const read = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/members/{member}',
    operationId: 'getMember',
    summary: 'Read a member',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The member.', schema: MemberView } },
    refusals: { 404: 'No such member.' },
    handle: async ({ tenant, params: { member } }) => ({ status: 200, body: await makeReadMember(ports)(tenant, member) }),
  });

const renew = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/members/{member}/renew',
    operationId: 'renewMembership',
    summary: 'Renew a membership',
    description: 'From version 1.1.0 of the module on.',
    tags,
    roles: writers,
    params,
    body: z.strictObject({}),
    answers: { 200: { description: 'The member as they are now.', schema: MemberView } },
    refusals: { 404: 'No such member.', 409: 'The membership has ended.', 422: 'The tenant has a version before 1.1.0.' },
    handle: async (request) => ({ status: 200, body: await makeRenewMembership(ports)(commandOf(request), request.params.member) }),
  });

const end = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/members/{member}/end',
    operationId: 'endMembership',
    summary: 'End a membership',
    tags,
    roles: writers,
    params,
    body: z.strictObject({}),
    answers: { 200: { description: 'The member; the same once it has ended.', schema: MemberView } },
    refusals: { 404: 'No such member.' },
    handle: async (request) => ({ status: 200, body: await makeEndMembership(ports)(commandOf(request), request.params.member) }),
  });

const levels = (ports: MemberPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/membership-levels',
    operationId: 'listMembershipLevels',
    summary: 'List the membership levels',
    tags,
    roles: readers,
    answers: { 200: { description: 'All levels.', schema: z.strictObject({ items: z.array(LevelView) }) } },
    handle: async ({ tenant }) => ({ status: 200, body: { items: await makeListLevels(ports)(tenant) } }),
  });
