import type { Refusal } from '../../shared/domain/errors.ts';
import type { Invoice } from './invoice.ts';

/** What a member is asked to pay at the tenant's payment provider, in the words that the provider knows. */
export interface PaymentRequest {
  /** By which the provider reports the payment. */
  readonly reference: string;
  /** What is open now, in the smallest unit of the currency. */
  readonly amount: number;
  readonly currency: string;
}

export type PaymentRequestReason = 'nothing-to-pay' | 'payment-provider-key-missing';

export const requestPayment = ({ id, amount, paid, currency }: Invoice): PaymentRequest | Refusal<PaymentRequestReason> => {
  if (paid < amount) return { reference: id, amount: amount - paid, currency };
  return {
    kind: 'conflict',
    reason: 'nothing-to-pay',
    message: 'this invoice is paid: there is nothing to ask a member for',
    facts: { invoice: id },
  };
};

/** What is signed: whoever changes one of the three needs the key. */
export const signedText = ({ reference, amount, currency }: PaymentRequest): string => [reference, amount, currency].join('.');

export const keyMissing: Refusal<PaymentRequestReason> = {
  kind: 'unprocessable',
  reason: 'payment-provider-key-missing',
  message:
    'this tenant has no key at a payment provider: set paymentProviderKey with PATCH /api/v1/tenants/{tenant}/modules/finance, then ask again',
  facts: { field: 'paymentProviderKey' },
};
