import type { Refusal } from '../../shared/domain/errors.ts';

/** What a holder shows: known by its id to the tenant, and by its code to whoever scans it. */
export interface Card {
  readonly id: string;
  /** Unguessable; whoever has it can show the card. */
  readonly code: string;
  readonly templateId: string;
  readonly holder: Holder;
  readonly attributes: Attributes;
  readonly issuedAt: Date;
  readonly issuedBy: string;
  readonly expiresAt?: Date;
  readonly revoked?: { readonly at: Date; readonly reason?: string };
  /** Grows by one with each change. */
  readonly version: number;
  /** Counts the tenant's cards, for people to say; a tenant has them from 1.1.0 on. */
  readonly number?: number;
}

export interface Holder {
  readonly name: string;
  /** The tenant's own key for the person, e.g. a member number. */
  readonly reference?: string;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface CardTemplate {
  readonly id: string;
  readonly name: string;
  readonly layout: Readonly<Record<string, unknown>>;
  /** How long a card of it is good for, unless told otherwise. */
  readonly validityDays?: number;
  readonly isDefault: boolean;
}

export type CardStatus = 'active' | 'expired' | 'revoked';

/** What came of showing a code. */
export type ValidationOutcome = 'valid' | 'expired' | 'revoked' | 'unknown';

export type CardReason =
  | 'card-not-found'
  | 'card-revoked'
  | 'card-changed-meanwhile'
  | 'card-expires-too-early'
  | 'card-template-not-found';

export interface IssueCard {
  readonly id: string;
  readonly code: string;
  readonly template: CardTemplate;
  readonly holder: Holder;
  readonly attributes: Attributes;
  readonly expiresAt?: Date | undefined;
  readonly by: string;
}

export interface ChangeCard {
  readonly holder?: Partial<{ readonly name: string; readonly reference: string | null }> | undefined;
  readonly attributes?: Attributes | undefined;
  /** null: never. */
  readonly expiresAt?: Date | null | undefined;
  /** Refused if the card has another one by now. */
  readonly version?: number | undefined;
}

export const issueCard = ({ template, expiresAt, by, ...given }: IssueCard, at: Date): Card | Refusal<CardReason> => {
  const end = expiresAt ?? endOf(template, at);
  if (end !== undefined && end <= at) return tooEarly;
  return { ...given, templateId: template.id, issuedAt: at, issuedBy: by, version: 1, ...(end === undefined ? {} : { expiresAt: end }) };
};

export const changeCard = (card: Card, change: ChangeCard): Card | Refusal<CardReason> => {
  if (change.version !== undefined && change.version !== card.version) return changedMeanwhile(card);
  if (card.revoked !== undefined) return isRevoked(card);
  if (change.expiresAt instanceof Date && change.expiresAt <= card.issuedAt) return tooEarly;
  const { expiresAt: _before, ...kept } = card;
  const expiresAt = change.expiresAt === undefined ? card.expiresAt : (change.expiresAt ?? undefined);
  return {
    ...kept,
    holder: changeHolder(card.holder, change.holder ?? {}),
    attributes: change.attributes ?? card.attributes,
    version: card.version + 1,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
};

/** A card that is revoked already stays as it is. */
export const revokeCard = (card: Card, reason: string | undefined, at: Date): Card =>
  card.revoked === undefined ? { ...card, revoked: { at, ...(reason === undefined ? {} : { reason }) }, version: card.version + 1 } : card;

export const statusOf = (card: Card, at: Date): CardStatus => {
  if (card.revoked !== undefined) return 'revoked';
  return card.expiresAt !== undefined && card.expiresAt <= at ? 'expired' : 'active';
};

export const judge = (card: Card | undefined, at: Date): ValidationOutcome => {
  if (card === undefined) return 'unknown';
  const status = statusOf(card, at);
  return status === 'active' ? 'valid' : status;
};

export const cardNotFound: Refusal<CardReason> = {
  kind: 'not-found',
  reason: 'card-not-found',
  message: 'this tenant has no card with this id',
};

export const templateNotFound: Refusal<CardReason> = {
  kind: 'unprocessable',
  reason: 'card-template-not-found',
  message: 'this tenant has no card template with this id; leave it out for the default',
};

const tooEarly: Refusal<CardReason> = {
  kind: 'unprocessable',
  reason: 'card-expires-too-early',
  message: 'a card expires after it was issued',
};

const isRevoked = ({ id }: Card): Refusal<CardReason> => ({
  kind: 'conflict',
  reason: 'card-revoked',
  message: 'a revoked card cannot be changed: issue a new one',
  facts: { card: id },
});

const changedMeanwhile = ({ id, version }: Card): Refusal<CardReason> => ({
  kind: 'conflict',
  reason: 'card-changed-meanwhile',
  message: `the card is at version ${version} by now: read it again`,
  facts: { card: id, version },
});

const changeHolder = (holder: Holder, { name, reference }: NonNullable<ChangeCard['holder']>): Holder => {
  const kept = reference === undefined ? holder.reference : (reference ?? undefined);
  return { name: name ?? holder.name, ...(kept === undefined ? {} : { reference: kept }) };
};

const endOf = ({ validityDays }: CardTemplate, at: Date): Date | undefined =>
  validityDays === undefined ? undefined : new Date(at.getTime() + validityDays * 86_400_000);
