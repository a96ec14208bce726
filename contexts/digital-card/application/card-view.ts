import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import { type Card, type CardTemplate, statusOf } from '../domain/card.ts';

/** A card as the API shows it. */
export const CardView = z.strictObject({
  id: Ulid,
  code: z.string(),
  template: Ulid,
  holder: z.strictObject({ name: z.string(), reference: z.string().optional() }),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  status: z.enum(['active', 'expired', 'revoked']),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  revokedReason: z.string().optional(),
  version: z.int(),
  number: z.int().optional().describe('Counts the tenant’s cards; from version 1.1.0 on.'),
});
export type CardView = z.infer<typeof CardView>;

export const TemplateView = z.strictObject({
  id: Ulid,
  name: z.string(),
  layout: z.record(z.string(), z.unknown()),
  validityDays: z.int().optional(),
  isDefault: z.boolean(),
});
export type TemplateView = z.infer<typeof TemplateView>;

/** What came of showing a code, with as much of the card as whoever scans it needs. */
export const ValidationView = z.strictObject({
  id: Ulid,
  outcome: z.enum(['valid', 'expired', 'revoked', 'unknown']),
  validatedAt: z.iso.datetime(),
  card: z.strictObject({ id: Ulid, holder: z.string(), expiresAt: z.iso.datetime().optional() }).optional(),
});
export type ValidationView = z.infer<typeof ValidationView>;

export const viewCard = (card: Card, at: Date): CardView => ({
  id: card.id,
  code: card.code,
  template: card.templateId,
  holder: { ...card.holder },
  attributes: { ...card.attributes },
  status: statusOf(card, at),
  issuedAt: card.issuedAt.toISOString(),
  version: card.version,
  ...(card.number === undefined ? {} : { number: card.number }),
  ...(card.expiresAt === undefined ? {} : { expiresAt: card.expiresAt.toISOString() }),
  ...(card.revoked === undefined ? {} : { revokedAt: card.revoked.at.toISOString() }),
  ...(card.revoked?.reason === undefined ? {} : { revokedReason: card.revoked.reason }),
});

export const viewTemplate = ({ layout, ...template }: CardTemplate): TemplateView => ({ ...template, layout: { ...layout } });
