/**
 * The module's tables as this version of the code writes and reads them, at whatever version that `serves` names: what is not in all
 * of them is optional.
 */
export interface CardTables {
  readonly digital_cards: CardRow;
  readonly card_templates: TemplateRow;
  readonly card_validations: ValidationRow;
}

export interface CardRow {
  readonly id: string;
  readonly code: string;
  readonly template_id: string;
  readonly holder_name: string;
  readonly holder_reference: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly issued_at: Date;
  readonly issued_by: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly revoked_reason: string | null;
  readonly version: number;
  /** From 1.1.0 on, given by the database; null until the migration has come to the card. */
  readonly number?: number | null | undefined;
}

export interface TemplateRow {
  readonly id: string;
  readonly name: string;
  readonly layout: Readonly<Record<string, unknown>>;
  readonly validity_days: number | null;
  readonly is_default: boolean;
}

export interface ValidationRow {
  readonly id: string;
  readonly card_id: string | null;
  readonly outcome: string;
  readonly validated_at: Date;
  /** Before 2.0.0. */
  readonly validated_by?: string;
}
