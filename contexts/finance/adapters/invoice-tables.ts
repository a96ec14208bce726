/** The module's tables as this version of the code writes and reads them. */
export interface InvoiceTables {
  readonly invoices: InvoiceRow;
  readonly payments: PaymentRow;
  readonly payment_terms: TermsRow;
}

export interface InvoiceRow {
  readonly id: string;
  readonly member_number: string;
  readonly description: string;
  readonly amount: number;
  readonly currency: string;
  readonly paid: number;
  readonly terms_id: string;
  readonly issued_at: Date;
  readonly due_at: Date;
  /** From 2.0.0 on. */
  readonly card_number?: number | null | undefined;
}

export interface PaymentRow {
  readonly id: string;
  readonly invoice_id: string;
  readonly amount: number;
  readonly received_at: Date;
  readonly recorded_by: string;
}

export interface TermsRow {
  readonly id: string;
  readonly name: string;
  readonly days: number;
  readonly is_default: boolean;
}
