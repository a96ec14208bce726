import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { issueInvoice, payInvoice, statusOf } from '../../../contexts/finance/domain/invoice.ts';

const at = new Date('2026-01-01T00:00:00Z');
const later = (days: number) => new Date(at.getTime() + days * 86_400_000);
const terms = { id: 'T', name: 'Within 30 days', days: 30, isDefault: true };
const invoice = issueInvoice({ id: 'I', memberNumber: 'M-1', description: 'Fee', amount: 100, currency: 'EUR', terms }, at);

describe('An invoice', () => {
  test('is due as its terms say', () => {
    expect(invoice).toMatchObject({ issuedAt: at, dueAt: later(30), paid: 0, termsId: 'T' });
  });

  test('is open until it is due, then overdue, and paid once all of it is', () => {
    expect(statusOf(invoice, later(30))).toBe('open');
    expect(statusOf(invoice, later(31))).toBe('overdue');
    expect(statusOf({ ...invoice, paid: 100 }, later(31))).toBe('paid');
  });

  test('is never paid more than once over, in whatever parts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }), (amounts) => {
        const end = amounts.reduce((now, amount) => {
          const paid = payInvoice(now, amount);
          if (!('reason' in paid)) return paid;
          expect(amount).toBeGreaterThan(now.amount - now.paid);
          return now;
        }, invoice);
        expect(end.paid).toBeLessThanOrEqual(100);
      }),
    );
    expect(payInvoice({ ...invoice, paid: 60 }, 41)).toMatchObject({
      reason: 'payment-exceeds-invoice',
      facts: { invoice: 'I', open: 40 },
    });
    expect(payInvoice({ ...invoice, paid: 60 }, 40)).toMatchObject({ paid: 100 });
  });
});
