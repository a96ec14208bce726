import { describe, expect, test } from '@jest/globals';
import { newCardCode } from '../../../contexts/digital-card/adapters/card-code.ts';
import { declaration } from '../../../contexts/digital-card/api.ts';
import { cardRoutes } from '../../../contexts/digital-card/application/card-routes.ts';
import { CardView, ValidationView } from '../../../contexts/digital-card/application/card-view.ts';
import type { IdempotencyKey, RouteRequest } from '../../../contexts/shared/application/route.ts';
import { makeMemoryCardStore } from '../../support/memory-card-store.ts';

const template = { id: '01K0000000000000000000TEMP', name: 'Standard', layout: { front: [] }, validityDays: 30, isDefault: true };
const tenant = { id: '01K0000000000000000000TEN1', slug: 'acme' };

/** The routes as the middleware uses them: parsed by their own schemas, on a memory store and a clock that is moved by hand. */
const anApi = () => {
  const time = { now: new Date('2026-01-01T00:00:00Z') };
  let ids = 0;
  const next = () => {
    ids += 1;
    return `01K${String(ids).padStart(23, '0')}`;
  };
  const store = makeMemoryCardStore(template);
  const routes = cardRoutes({ store, clock: { now: () => time.now }, newId: next, newCode: () => `CODE${ids}` });
  const send = async (
    operationId: string,
    given: { params?: object; query?: object; body?: unknown; idempotency?: IdempotencyKey } = {},
  ) => {
    const route = routes.find((r) => r.operationId === operationId);
    if (route === undefined) throw new Error(`no route ${operationId}`);
    const request: RouteRequest = {
      caller: { subject: 'admin-1', role: 'tenant-admin', tenantId: tenant.id },
      tenant,
      params: route.params?.parse(given.params ?? {}),
      query: route.query?.parse(given.query ?? {}),
      body: route.body?.parse(given.body ?? {}),
      requestId: 'r',
      ...(given.idempotency === undefined ? {} : { idempotency: given.idempotency }),
    };
    const answer = await route.handle(request);
    const schema = route.answers[answer.status]?.schema;
    return { ...answer, body: schema?.parse(answer.body) };
  };
  const issue = async (body: object = { holder: { name: 'Ada' } }) => CardView.parse((await send('createCard', { body })).body);
  return { send, issue, time, store };
};

describe('The API of digital_card', () => {
  test('declares its seven routes without touching anything, each under its tenant', () => {
    const refusing = { database: refuse, configuration: refuse, secret: refuse, clock: { now: refuse }, newId: refuse };
    const routes = declaration.routes(refusing);
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/cards',
      'GET /tenants/{tenant}/cards',
      'GET /tenants/{tenant}/cards/{card}',
      'PATCH /tenants/{tenant}/cards/{card}',
      'POST /tenants/{tenant}/cards/{card}/revoke',
      'POST /tenants/{tenant}/card-validations',
      'GET /tenants/{tenant}/card-templates',
    ]);
    expect(routes.filter((r) => r.bodyExample !== undefined).every((r) => r.body?.safeParse(r.bodyExample).success)).toBe(true);
  });

  test('issues a card, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('createCard', {
      body: { holder: { name: ' Ada ', reference: 'M1' }, attributes: { tier: 'gold' } },
    });
    const card = CardView.parse(body);
    expect(status).toBe(201);
    expect(card).toMatchObject({
      holder: { name: 'Ada', reference: 'M1' },
      status: 'active',
      version: 1,
      expiresAt: '2026-01-31T00:00:00.000Z',
    });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/cards/${card.id}` });
    expect((await send('getCard', { params: { card: card.id } })).body).toEqual(card);
  });

  test('issues one card for one key, and gives it again', async () => {
    const { send } = anApi();
    const idempotency = { id: 'k', bodyHash: 'a' };
    const first = await send('createCard', { body: { holder: { name: 'Ada' } }, idempotency });
    expect(await send('createCard', { body: { holder: { name: 'Ada' } }, idempotency })).toEqual(first);
    expect((await send('listCards')).body).toEqual({ items: [first.body] });
  });

  test('refuses a template and a card that are not there', async () => {
    const { send } = anApi();
    const params = { card: '01K00000000000000000000009' };
    await expect(send('createCard', { body: { holder: { name: 'A' }, template: params.card } })).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'card-template-not-found' },
    });
    for (const operation of ['getCard', 'changeCard', 'revokeCard'])
      await expect(send(operation, { params })).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'card-not-found' } });
  });

  test('refuses an expiry that is past', async () => {
    const { send } = anApi();
    await expect(send('createCard', { body: { holder: { name: 'A' }, expiresAt: '2020-01-01T00:00:00Z' } })).rejects.toMatchObject({
      refusal: { reason: 'card-expires-too-early' },
    });
  });

  test('changes a card, and not one that was changed meanwhile', async () => {
    const { send, issue } = anApi();
    const { id } = await issue({ holder: { name: 'Ada', reference: 'M1' } });
    const params = { card: id };
    expect((await send('changeCard', { params, body: { holder: { reference: null }, expiresAt: null, version: 1 } })).body).toMatchObject({
      holder: { name: 'Ada' },
      version: 2,
    });
    expect(
      (await send('changeCard', { params, body: { holder: { name: 'Grace' }, expiresAt: '2026-02-01T00:00:00Z' } })).body,
    ).toMatchObject({
      holder: { name: 'Grace' },
      expiresAt: '2026-02-01T00:00:00.000Z',
    });
    await expect(send('changeCard', { params, body: { version: 1 } })).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'card-changed-meanwhile', facts: { version: 3 } },
    });
  });

  test('revokes a card for good', async () => {
    const { send, issue } = anApi();
    const params = { card: (await issue()).id };
    const { body } = await send('revokeCard', { params, body: { reason: 'lost' } });
    expect(body).toMatchObject({ status: 'revoked', revokedReason: 'lost', version: 2 });
    expect((await send('revokeCard', { params })).body).toEqual(body);
    await expect(send('changeCard', { params })).rejects.toMatchObject({ refusal: { reason: 'card-revoked' } });
  });

  test('validates a code, whatever comes of it, and records each time', async () => {
    const { send, issue, time, store } = anApi();
    const card = await issue();
    const show = async (code: string) => ValidationView.parse((await send('validateCard', { body: { code } })).body);
    expect(await show(card.code)).toMatchObject({ outcome: 'valid', card: { id: card.id, holder: 'Ada' } });
    expect(await show('nothing')).not.toHaveProperty('card');
    time.now = new Date('2026-03-01T00:00:00Z');
    expect((await show(card.code)).outcome).toBe('expired');
    await send('revokeCard', { params: { card: card.id } });
    expect((await show(card.code)).outcome).toBe('revoked');
    expect(store.validations(tenant.id).map((v) => v.outcome)).toEqual(['valid', 'unknown', 'expired', 'revoked']);
  });

  test('shows a card that never expires without an expiry, to whoever scans it too', async () => {
    const { send, issue } = anApi();
    const card = await issue();
    await send('changeCard', { params: { card: card.id }, body: { expiresAt: null } });
    expect((await send('validateCard', { body: { code: card.code } })).body).toMatchObject({ card: { id: card.id, holder: 'Ada' } });
  });

  test('lists cards page by page, with a cursor while more may follow', async () => {
    const { send, issue } = anApi();
    for (let n = 0; n < 3; n += 1) await issue();
    const first = (await send('listCards', { query: { limit: '2' } })).body as { items: unknown[]; cursor: string };
    expect(first.items).toHaveLength(2);
    const second = (await send('listCards', { query: { limit: '2', cursor: first.cursor } })).body;
    expect(second).toMatchObject({ items: [{ id: expect.any(String) }] });
    expect(second).not.toHaveProperty('cursor');
    expect((await send('listCards', { query: { status: 'revoked' } })).body).toEqual({ items: [] });
    await expect(send('listCards', { query: { cursor: 'nonsense' } })).rejects.toThrow('is not a cursor that this API gave');
  });

  test('lists the templates', async () => {
    expect((await anApi().send('listCardTemplates')).body).toEqual({ items: [template] });
  });

  test.each([{ name: 'A\0' }, { name: '\ud83d' }, { name: 'A', reference: 'a\nb' }])('takes no card for %j', async (holder) => {
    await expect(anApi().send('createCard', { body: { holder } })).rejects.toMatchObject({
      issues: [{ path: ['holder', expect.any(String)] }],
    });
  });

  test('takes no attribute that PostgreSQL could not keep', async () => {
    for (const attributes of [{ a: '\0' }, { a: '\ud83d' }, { '\ude00': 1 }])
      await expect(anApi().send('createCard', { body: { holder: { name: 'A' }, attributes } })).rejects.toMatchObject({
        issues: [{ path: expect.arrayContaining(['attributes']) }],
      });
  });

  test('refuses more attributes than a card shows', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`a${n}`, n]));
    await expect(anApi().send('createCard', { body: { holder: { name: 'A' }, attributes } })).rejects.toThrow('at most 20');
  });
});

describe('A code', () => {
  test('is 16 letters that nobody mistakes, and never the same', () => {
    const codes = Array.from({ length: 1_000 }, newCardCode);
    expect(codes.every((code) => /^[0-9A-HJKMNP-TV-Z]{16}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBe(1_000);
  });
});

const refuse = (): never => {
  throw new Error('listing routes touches nothing');
};
