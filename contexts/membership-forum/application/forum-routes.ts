import * as z from 'zod';
import { newestFirst, newestFirst as oldestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line, prose } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import {
  type Command,
  type ForumPorts,
  makeAddPost,
  makeCloseTopic,
  makeListPosts,
  makeListTopics,
  makeReadTopic,
  makeStartTopic,
} from './forum.ts';
import { PostView, TopicView } from './forum-view.ts';

/** The API of membership_forum. Whether the module is installed for the tenant was asked before any of this runs. */
export const forumRoutes = (ports: ForumPorts): readonly Route[] => [
  start(ports),
  list(ports),
  read(ports),
  close(ports),
  post(ports),
  posts(ports),
];

const tags = ['Forum'];
const params = z.strictObject({ topic: Ulid });
const noSuchTopic = { 404: 'No such topic.' };

const commandOf = ({ tenant, caller, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, by: caller.subject, key: idempotency });

const start = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/forum-topics',
    operationId: 'startTopic',
    summary: 'Start a topic',
    tags,
    roles: writers,
    body: z.strictObject({ title: line(200) }),
    bodyExample: { title: 'The summer party' },
    answers: { 201: { description: 'The topic.', schema: TopicView, headers: { location: 'The path of the topic.' } } },
    handle: async (request) => {
      const topic = await makeStartTopic(ports)(commandOf(request), request.body.title);
      return { status: 201, body: topic, headers: { location: `/api/v1/tenants/${request.tenant.slug}/forum-topics/${topic.id}` } };
    },
  });

const list = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/forum-topics',
    operationId: 'listTopics',
    summary: 'List the topics, newest first',
    tags,
    roles: readers,
    query: z.strictObject({ ...newestFirst, status: z.enum(['open', 'closed']).optional() }),
    answers: { 200: { description: 'A page of topics; `cursor` is there while more may follow.', schema: pageView(TopicView) } },
    handle: async ({ tenant, query: { limit, cursor, status } }) => {
      const closed = status === undefined ? undefined : status === 'closed';
      return { status: 200, body: viewPage(await makeListTopics(ports)(tenant, { limit, after: cursor, closed }), limit) };
    },
  });

const read = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/forum-topics/{topic}',
    operationId: 'getTopic',
    summary: 'Read a topic',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The topic.', schema: TopicView } },
    refusals: noSuchTopic,
    handle: async ({ tenant, params: { topic } }) => ({ status: 200, body: await makeReadTopic(ports)(tenant, topic) }),
  });

const close = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/forum-topics/{topic}/close',
    operationId: 'closeTopic',
    summary: 'Close a topic',
    tags,
    roles: writers,
    params,
    body: z.strictObject({}),
    answers: { 200: { description: 'The topic; the same once it is closed.', schema: TopicView } },
    refusals: noSuchTopic,
    handle: async (request) => ({ status: 200, body: await makeCloseTopic(ports)(commandOf(request), request.params.topic) }),
  });

const post = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/forum-topics/{topic}/posts',
    operationId: 'addPost',
    summary: 'Write below a topic',
    tags,
    roles: writers,
    params,
    body: z.strictObject({ author: line(200).describe('The member who speaks, as the tenant knows it.'), text: prose(2_000) }),
    bodyExample: { author: 'M-1815', text: 'I bring the cake.' },
    answers: { 201: { description: 'The post.', schema: PostView } },
    refusals: { ...noSuchTopic, 409: 'The topic is closed.' },
    handle: async (request) => ({ status: 201, body: await makeAddPost(ports)(commandOf(request), request.params.topic, request.body) }),
  });

const posts = (ports: ForumPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/forum-topics/{topic}/posts',
    operationId: 'listPosts',
    summary: 'List the posts below a topic, oldest first',
    tags,
    roles: readers,
    params,
    query: z.strictObject(oldestFirst),
    answers: { 200: { description: 'A page of posts; `cursor` is there while more may follow.', schema: pageView(PostView) } },
    refusals: noSuchTopic,
    handle: async ({ tenant, params: { topic }, query: { limit, cursor } }) => ({
      status: 200,
      body: viewPage(await makeListPosts(ports)(tenant, topic, { limit, after: cursor }), limit),
    }),
  });
