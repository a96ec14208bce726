import * as z from 'zod';
import { newestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { ContestView, ElectionView } from './election-view.ts';
import {
  type Command,
  type ElectionPorts,
  makeCastBallot,
  makeCloseElection,
  makeListElections,
  makePlanElection,
  makeReadElection,
} from './elections.ts';

/** The API of elections. Whether the module is installed for the tenant was asked before any of this runs. */
export const electionRoutes = (ports: ElectionPorts): readonly Route[] => [
  plan(ports),
  list(ports),
  read(ports),
  vote(ports),
  close(ports),
];

const tags = ['Elections'];
const params = z.strictObject({ election: Ulid });
const Instant = z.iso.datetime({ offset: true });
const Voter = line(100).describe('The member who votes, as the tenant knows it.');
const candidatesMax = 50;

const commandOf = ({ tenant, caller, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, by: caller.subject, key: idempotency });

const plan = (ports: ElectionPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/elections',
    operationId: 'planElection',
    summary: 'Plan an election',
    tags,
    roles: writers,
    body: z.strictObject({
      title: line(200),
      candidates: z.array(line(200)).min(2).max(candidatesMax),
      opensAt: Instant.optional().describe('Now unless given.'),
      closesAt: Instant,
      quorum: z.int().positive().max(2_147_483_647).optional().describe('How many must vote for a result. From version 1.1.0 on.'),
    }),
    bodyExample: { title: 'Chair', candidates: ['Ada Lovelace', 'Grace Hopper'], closesAt: '2099-01-01T00:00:00Z' },
    answers: { 201: { description: 'The election.', schema: ContestView, headers: { location: 'The path of the election.' } } },
    refusals: { 422: 'It closes too early, somebody stands twice, or a quorum before version 1.1.0.' },
    handle: async (request) => {
      const { title, candidates: names, opensAt, closesAt, quorum } = request.body;
      const opens = opensAt === undefined ? undefined : new Date(opensAt);
      const election = await makePlanElection(ports)(commandOf(request), {
        title,
        names,
        opensAt: opens,
        closesAt: new Date(closesAt),
        quorum,
      });
      return { status: 201, body: election, headers: { location: `/api/v1/tenants/${request.tenant.slug}/elections/${election.id}` } };
    },
  });

const list = (ports: ElectionPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/elections',
    operationId: 'listElections',
    summary: 'List the elections, newest first',
    tags,
    roles: readers,
    query: z.strictObject({
      ...newestFirst,
      status: z.enum(['planned', 'open', 'closed']).optional(),
      voter: Voter.optional().describe('Only those that this member has voted in.'),
    }),
    answers: { 200: { description: 'A page of elections; `cursor` is there while more may follow.', schema: pageView(ElectionView) } },
    handle: async ({ tenant, query: { limit, cursor, status, voter } }) => ({
      status: 200,
      body: viewPage(await makeListElections(ports)(tenant, { limit, after: cursor, status, voter }), limit),
    }),
  });

const read = (ports: ElectionPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/elections/{election}',
    operationId: 'getElection',
    summary: 'Read an election, and its result once it is closed',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The election.', schema: ContestView } },
    refusals: { 404: 'No such election.' },
    handle: async ({ tenant, params: { election } }) => ({ status: 200, body: await makeReadElection(ports)(tenant, election) }),
  });

const vote = (ports: ElectionPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/elections/{election}/ballots',
    operationId: 'castBallot',
    summary: 'Cast a ballot',
    description: 'Who has voted is kept, for whom is only counted. With an `Idempotency-Key` the voter must be the same, not the choice.',
    tags,
    roles: writers,
    params,
    body: z.strictObject({ voter: Voter, candidate: z.int().positive().describe('The number of a candidate.') }),
    bodyExample: { voter: 'M-1815', candidate: 1 },
    answers: { 201: { description: 'It is counted.', schema: z.strictObject({ election: Ulid }) } },
    refusals: { 404: 'No such election.', 409: 'It is not open, or the voter has voted.', 422: 'No such candidate.' },
    handle: async (request) => ({
      status: 201,
      body: await makeCastBallot(ports)(commandOf(request), { ...request.body, electionId: request.params.election }),
    }),
  });

const close = (ports: ElectionPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/elections/{election}/close',
    operationId: 'closeElection',
    summary: 'Close an election before its time',
    tags,
    roles: writers,
    params,
    body: z.strictObject({}),
    answers: { 200: { description: 'The election and its result; the same once it is closed.', schema: ContestView } },
    refusals: { 404: 'No such election.' },
    handle: async (request) => ({ status: 200, body: await makeCloseElection(ports)(commandOf(request), request.params.election) }),
  });
