import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Card, CardStatus, CardTemplate, ValidationOutcome } from '../domain/card.ts';

export interface CardPage {
  readonly limit: number;
  /** The id of the last card seen: cards come newest first. */
  readonly after?: string | undefined;
  readonly status?: CardStatus | undefined;
}

export interface Validation {
  readonly id: string;
  readonly cardId?: string | undefined;
  readonly outcome: ValidationOutcome;
  readonly at: Date;
  readonly by: string;
}

/** Within one transaction. */
export interface CardChanges {
  /** Held until the transaction ends, so that nobody changes it meanwhile. */
  readonly card: (id: string) => Promise<Card | undefined>;
  readonly cardByCode: (code: string) => Promise<Card | undefined>;
  /** Without an id, the default one. */
  readonly template: (id: string | undefined) => Promise<CardTemplate | undefined>;
  /** Answers the card as it stands: from 1.1.0 on, the tenant's database gives it a number. */
  readonly add: (card: Card) => Promise<Card>;
  readonly replace: (card: Card) => Promise<void>;
  readonly addValidation: (validation: Validation) => Promise<void>;
}

/** The cards of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface CardStore {
  readonly card: (tenant: TenantRef, id: string) => Promise<Card | undefined>;
  readonly cards: (tenant: TenantRef, page: CardPage, at: Date) => Promise<readonly Card[]>;
  readonly templates: (tenant: TenantRef) => Promise<readonly CardTemplate[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: CardChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
