/** One change of state, as stored and as published. Ids and field names only: never secrets, never row data. */
export interface AuditEvent {
  readonly id: string;
  /** Gap-free within its aggregate, from 1. */
  readonly sequence: number;
  readonly name: string;
  readonly aggregate: string;
  readonly jobId?: string;
  readonly tenantId?: string;
  readonly module?: string;
  readonly actor: string;
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
  readonly attempt?: number;
  readonly reason?: string;
  /** What took how long since the event before, by step; what is no step of its own stands under the state's name. */
  readonly stepDurationsMs?: Readonly<Record<string, number>>;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly facts?: Readonly<Record<string, unknown>>;
}
