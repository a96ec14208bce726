import type { CardChanges, CardStore, Validation } from '../../contexts/digital-card/application/ports.ts';
import { type Card, type CardTemplate, statusOf } from '../../contexts/digital-card/domain/card.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';

export interface MemoryCardStore extends CardStore {
  readonly validations: (tenantId: string) => readonly Validation[];
}

interface Tables {
  readonly cards: ReadonlyMap<string, Card>;
  readonly templates: readonly CardTemplate[];
  readonly validations: readonly Validation[];
  readonly answers: ReadonlyMap<string, { readonly bodyHash: string; readonly answer: unknown }>;
}

/** The cards of some tenants in memory; what a transaction wrote is there when its work resolved, and not before. */
export const makeMemoryCardStore = (template: CardTemplate): MemoryCardStore => {
  const tenants = new Map<string, Tables>();
  const empty: Tables = { cards: new Map(), templates: [template], validations: [], answers: new Map() };
  const of = ({ id }: { readonly id: string }): Tables => tenants.get(id) ?? empty;
  return {
    card: async (tenant, id) => of(tenant).cards.get(id),
    cards: async (tenant, { limit, after, status }, at) =>
      [...of(tenant).cards.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter((card) => (after === undefined || card.id < after) && (status === undefined || statusOf(card, at) === status))
        .slice(0, limit),
    templates: async (tenant) => of(tenant).templates,
    validations: (id) => of({ id }).validations,
    change: async <Answer>(
      tenant: { readonly id: string },
      key: { readonly id: string; readonly bodyHash: string } | undefined,
      work: (changes: CardChanges) => Promise<Answer>,
    ) => {
      const before = of(tenant);
      const known = key === undefined ? undefined : before.answers.get(key.id);
      if (known !== undefined && known.bodyHash !== key?.bodyHash)
        throw new Refused({ kind: 'unprocessable', reason: 'idempotency-key-reused', message: 'another body came with this key' });
      if (known !== undefined) return known.answer as Answer;
      const draft = { cards: new Map(before.cards), validations: [...before.validations], answers: new Map(before.answers) };
      const answer = await work(changes(draft, before.templates));
      if (key !== undefined) draft.answers.set(key.id, { bodyHash: key.bodyHash, answer });
      tenants.set(tenant.id, { ...draft, templates: before.templates });
      return answer;
    },
  };
};

const changes = (
  draft: { readonly cards: Map<string, Card>; readonly validations: Validation[] },
  templates: readonly CardTemplate[],
): CardChanges => ({
  card: async (id) => draft.cards.get(id),
  cardByCode: async (code) => [...draft.cards.values()].find((card) => card.code === code),
  template: async (id) => templates.find((t) => (id === undefined ? t.isDefault : t.id === id)),
  add: async (card) => {
    draft.cards.set(card.id, card);
    return card;
  },
  replace: async (card) => void draft.cards.set(card.id, card),
  addValidation: async (validation) => void draft.validations.push(validation),
});
