import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership-forum/api.ts';
import { forumRoutes } from '../../../contexts/membership-forum/application/forum-routes.ts';
import { PostView, TopicView } from '../../../contexts/membership-forum/application/forum-view.ts';
import { makeMemoryForumStore } from '../../support/memory-forum-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const nowhere = '01K0000000000000000000000Z';

const anApi = () => {
  const api = makeRoutesBench((ports) => forumRoutes({ ...ports, store: makeMemoryForumStore() }));
  const start = async (title = 'The summer party') => TopicView.parse((await api.send('startTopic', { body: { title } })).body);
  const write = async (topic: string, text = 'I bring the cake.') =>
    PostView.parse((await api.send('addPost', { params: { topic }, body: { author: 'M-1', text } })).body);
  return { ...api, start, write };
};

describe('The API of membership_forum', () => {
  test('declares its six routes without touching anything, each under its tenant', () => {
    const routes = declaration.routes(untouched);
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/forum-topics',
      'GET /tenants/{tenant}/forum-topics',
      'GET /tenants/{tenant}/forum-topics/{topic}',
      'POST /tenants/{tenant}/forum-topics/{topic}/close',
      'POST /tenants/{tenant}/forum-topics/{topic}/posts',
      'GET /tenants/{tenant}/forum-topics/{topic}/posts',
    ]);
    expect(routes.filter((r) => r.method !== 'GET' && r.roles.includes('tenant-viewer'))).toEqual([]);
  });

  test('starts a topic, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('startTopic', { body: { title: ' The summer party ' } });
    const topic = TopicView.parse(body);
    expect(status).toBe(201);
    expect(topic).toMatchObject({ title: 'The summer party', posts: 0, status: 'open', startedAt: '2026-01-01T00:00:00.000Z' });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/forum-topics/${topic.id}` });
    expect((await send('getTopic', { params: { topic: topic.id } })).body).toEqual(topic);
  });

  test('counts the posts below a topic, and lists them oldest first', async () => {
    const { send, start, write } = anApi();
    const { id } = await start();
    const posts = [await write(id, 'first'), await write(id, 'second'), await write(id, 'third')];
    expect((await send('getTopic', { params: { topic: id } })).body).toMatchObject({ posts: 3 });
    const first = (await send('listPosts', { params: { topic: id }, query: { limit: '2' } })).body as { cursor: string };
    expect(first).toEqual({ items: posts.slice(0, 2), cursor: expect.any(String) });
    const second = await send('listPosts', { params: { topic: id }, query: { limit: '2', cursor: first.cursor } });
    expect(second.body).toEqual({ items: posts.slice(2) });
  });

  test('takes no post below a closed topic, and closing it again changes nothing', async () => {
    const { send, start, write, time } = anApi();
    const { id } = await start();
    await write(id);
    const { body } = await send('closeTopic', { params: { topic: id } });
    expect(body).toMatchObject({ status: 'closed', closedAt: '2026-01-01T00:00:00.000Z', posts: 1 });
    time.now = new Date('2026-02-01T00:00:00Z');
    expect((await send('closeTopic', { params: { topic: id } })).body).toEqual(body);
    await expect(write(id)).rejects.toMatchObject({ refusal: { kind: 'conflict', reason: 'topic-closed', facts: { topic: id } } });
  });

  test('lists the topics newest first, those that are open or closed alone', async () => {
    const { send, start } = anApi();
    const [first, second] = [await start('a'), await start('b')];
    await send('closeTopic', { params: { topic: first.id } });
    const listed = async (query: object) => ((await send('listTopics', { query })).body as { items: TopicView[] }).items.map((t) => t.id);
    expect(await listed({})).toEqual([second.id, first.id]);
    expect(await listed({ status: 'open' })).toEqual([second.id]);
    expect(await listed({ status: 'closed' })).toEqual([first.id]);
  });

  test('knows no topic that is not there', async () => {
    const { send } = anApi();
    const body = { author: 'M-1', text: 'hello' };
    for (const operation of ['getTopic', 'closeTopic', 'listPosts', 'addPost'])
      await expect(send(operation, { params: { topic: nowhere }, ...(operation === 'addPost' ? { body } : {}) })).rejects.toMatchObject({
        refusal: { kind: 'not-found', reason: 'topic-not-found' },
      });
  });

  test.each([
    ['startTopic', { title: ' ' }],
    ['startTopic', { title: 'two\nlines' }],
    ['addPost', { author: 'M-1', text: 'x'.repeat(2_001) }],
    ['addPost', { author: 'M-1', text: 'a NUL \0' }],
    ['addPost', { text: 'by nobody' }],
  ])('%s refuses %j before anything is written', async (operation, body) => {
    const { send, start } = anApi();
    const { id } = await start();
    await expect(send(operation, { body, params: operation === 'addPost' ? { topic: id } : {} })).rejects.toMatchObject({
      name: 'ZodError',
    });
    expect((await send('listTopics')).body).toMatchObject({ items: [{ id, posts: 0 }] });
  });
});
