import * as z from 'zod';
import { newestFirst, pageView, viewPage } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line, prose, text } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { CardView, TemplateView, ValidationView } from './card-view.ts';
import {
  type CardPorts,
  type Command,
  makeChangeCard,
  makeIssueCard,
  makeListCards,
  makeListTemplates,
  makeReadCard,
  makeRevokeCard,
  makeValidateCard,
} from './cards.ts';

/** The API of digital_card. Whether the module is installed for the tenant was asked before any of this runs. */
export const cardRoutes = (ports: CardPorts): readonly Route[] => [
  issue(ports),
  list(ports),
  read(ports),
  change(ports),
  revoke(ports),
  validate(ports),
  templates(ports),
];

const tags = ['Cards'];
const params = z.strictObject({ card: Ulid });
const HolderName = line(200);
const Reference = line(100);
const Attributes = z
  .record(text(64).min(1), z.union([text(500), z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= 20, 'a card has at most 20 attributes');
const Instant = z.iso.datetime({ offset: true });

const commandOf = ({ tenant, caller, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, by: caller.subject, key: idempotency });

const issue = (ports: CardPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/cards',
    operationId: 'createCard',
    summary: 'Issue a card',
    tags,
    roles: writers,
    body: z.strictObject({
      holder: z.strictObject({ name: HolderName, reference: Reference.optional() }),
      template: Ulid.optional().describe('The default template unless given.'),
      attributes: Attributes.default({}),
      expiresAt: Instant.optional().describe('As the template says unless given.'),
    }),
    bodyExample: { holder: { name: 'Ada Lovelace', reference: 'M-1815' }, attributes: { tier: 'gold' } },
    answers: { 201: { description: 'The card.', schema: CardView, headers: { location: 'The path of the card.' } } },
    refusals: { 422: 'No such template, or an expiry that is past.' },
    handle: async (request) => {
      const { holder, template, attributes, expiresAt } = request.body;
      const person = { name: holder.name, ...(holder.reference === undefined ? {} : { reference: holder.reference }) };
      const card = await makeIssueCard(ports)(commandOf(request), {
        holder: person,
        template,
        attributes,
        expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      });
      return { status: 201, body: card, headers: { location: `/api/v1/tenants/${request.tenant.slug}/cards/${card.id}` } };
    },
  });

const list = (ports: CardPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/cards',
    operationId: 'listCards',
    summary: 'List the cards, newest first',
    tags,
    roles: readers,
    query: z.strictObject({ ...newestFirst, status: z.enum(['active', 'expired', 'revoked']).optional() }),
    answers: { 200: { description: 'A page of cards; `cursor` is there while more may follow.', schema: pageView(CardView) } },
    handle: async ({ tenant, query: { limit, cursor, status } }) => {
      const items = await makeListCards(ports)(tenant, { limit, after: cursor, status });
      return { status: 200, body: viewPage(items, limit) };
    },
  });

const read = (ports: CardPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/cards/{card}',
    operationId: 'getCard',
    summary: 'Read a card',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The card.', schema: CardView } },
    refusals: { 404: 'No such card.' },
    handle: async ({ tenant, params: { card } }) => ({ status: 200, body: await makeReadCard(ports)(tenant, card) }),
  });

const change = (ports: CardPorts): Route =>
  defineRoute({
    method: 'PATCH',
    path: '/tenants/{tenant}/cards/{card}',
    operationId: 'changeCard',
    summary: 'Change a card',
    description: 'What is left out stays. With `version`, the change is refused if the card has another one by now.',
    tags,
    roles: writers,
    params,
    body: z.strictObject({
      holder: z.strictObject({ name: HolderName.optional(), reference: Reference.nullable().optional() }).optional(),
      attributes: Attributes.optional(),
      expiresAt: Instant.nullable().optional(),
      version: z.int().positive().optional(),
    }),
    bodyExample: { attributes: { tier: 'platinum' }, version: 1 },
    answers: { 200: { description: 'The card as it is now.', schema: CardView } },
    refusals: { 404: 'No such card.', 409: 'It is revoked, or at another version.', 422: 'An expiry before its issue.' },
    handle: async (request) => {
      const { expiresAt, holder, ...rest } = request.body;
      const until = typeof expiresAt === 'string' ? new Date(expiresAt) : expiresAt;
      const { name, reference } = holder ?? {};
      const person = { ...(name === undefined ? {} : { name }), ...(reference === undefined ? {} : { reference }) };
      const card = await makeChangeCard(ports)(commandOf(request), request.params.card, { ...rest, holder: person, expiresAt: until });
      return { status: 200, body: card };
    },
  });

const revoke = (ports: CardPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/cards/{card}/revoke',
    operationId: 'revokeCard',
    summary: 'Revoke a card for good',
    tags,
    roles: writers,
    params,
    body: z.strictObject({ reason: prose(500).optional() }),
    bodyExample: { reason: 'lost' },
    answers: { 200: { description: 'The card; the same once it is revoked.', schema: CardView } },
    refusals: { 404: 'No such card.' },
    handle: async (request) => ({
      status: 200,
      body: await makeRevokeCard(ports)(commandOf(request), request.params.card, request.body.reason),
    }),
  });

const validate = (ports: CardPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/card-validations',
    operationId: 'validateCard',
    summary: 'Validate a card by its code',
    description: 'Recorded each time, whatever comes of it.',
    tags,
    roles: writers,
    body: z.strictObject({ code: line(64) }),
    bodyExample: { code: '3F7K9QWX2M5RTB8C' },
    answers: { 201: { description: 'What came of it.', schema: ValidationView } },
    handle: async (request) => ({ status: 201, body: await makeValidateCard(ports)(commandOf(request), request.body.code) }),
  });

const templates = (ports: CardPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/card-templates',
    operationId: 'listCardTemplates',
    summary: 'List the card templates',
    tags,
    roles: readers,
    answers: { 200: { description: 'All templates.', schema: z.strictObject({ items: z.array(TemplateView) }) } },
    handle: async ({ tenant }) => ({ status: 200, body: { items: await makeListTemplates(ports)(tenant) } }),
  });
