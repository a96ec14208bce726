import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import {
  type Attributes,
  type Card,
  type ChangeCard,
  cardNotFound,
  changeCard,
  type Holder,
  issueCard,
  judge,
  revokeCard,
  templateNotFound,
} from '../domain/card.ts';
import { type CardView, type TemplateView, type ValidationView, viewCard, viewTemplate } from './card-view.ts';
import type { CardPage, CardStore } from './ports.ts';

export interface CardPorts {
  readonly store: CardStore;
  readonly clock: Clock;
  readonly newId: NewId;
  /** A new code for a card, unguessable. */
  readonly newCode: () => string;
}

/** For whom, and by whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly by: string;
  readonly key?: IdempotencyKey | undefined;
}

export interface NewCard {
  readonly holder: Holder;
  readonly attributes: Attributes;
  readonly template?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

export const makeIssueCard =
  ({ store, clock, newId, newCode }: CardPorts) =>
  ({ tenant, by, key }: Command, { holder, attributes, template: templateId, expiresAt }: NewCard): Promise<CardView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const template = await changes.template(templateId);
      if (template === undefined) throw new Refused(templateNotFound);
      const card = accepted(issueCard({ id: newId(), code: newCode(), template, holder, attributes, expiresAt, by }, at));
      return viewCard(await changes.add(card), at);
    });

export const makeChangeCard =
  ({ store, clock }: CardPorts) =>
  ({ tenant, key }: Command, id: string, change: ChangeCard): Promise<CardView> =>
    store.change(tenant, key, async (changes) => {
      const card = accepted(changeCard(found(await changes.card(id)), change));
      await changes.replace(card);
      return viewCard(card, clock.now());
    });

export const makeRevokeCard =
  ({ store, clock }: CardPorts) =>
  ({ tenant, key }: Command, id: string, reason: string | undefined): Promise<CardView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const card = found(await changes.card(id));
      const revoked = revokeCard(card, reason, at);
      if (revoked !== card) await changes.replace(revoked);
      return viewCard(revoked, at);
    });

/** Every showing of a code is recorded, of an unknown one too. */
export const makeValidateCard =
  ({ store, clock, newId }: CardPorts) =>
  ({ tenant, by, key }: Command, code: string): Promise<ValidationView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const card = await changes.cardByCode(code);
      const validation = { id: newId(), cardId: card?.id, outcome: judge(card, at), at, by };
      await changes.addValidation(validation);
      const seen = card === undefined ? {} : { card: viewSeen(card) };
      return { id: validation.id, outcome: validation.outcome, validatedAt: at.toISOString(), ...seen };
    });

export const makeReadCard =
  ({ store, clock }: CardPorts) =>
  async (tenant: TenantRef, id: string): Promise<CardView> =>
    viewCard(found(await store.card(tenant, id)), clock.now());

export const makeListCards =
  ({ store, clock }: CardPorts) =>
  async (tenant: TenantRef, page: CardPage): Promise<readonly CardView[]> => {
    const at = clock.now();
    return (await store.cards(tenant, page, at)).map((card) => viewCard(card, at));
  };

export const makeListTemplates =
  ({ store }: CardPorts) =>
  async (tenant: TenantRef): Promise<readonly TemplateView[]> =>
    (await store.templates(tenant)).map(viewTemplate);

const viewSeen = ({ id, holder, expiresAt }: Card): NonNullable<ValidationView['card']> => ({
  id,
  holder: holder.name,
  ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
});

const found = (card: Card | undefined): Card => {
  if (card === undefined) throw new Refused(cardNotFound);
  return card;
};

const accepted = (decided: Card | Refusal): Card => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
