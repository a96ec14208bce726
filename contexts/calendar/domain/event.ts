import type { Refusal } from '../../shared/domain/errors.ts';

export interface Calendar {
  readonly id: string;
  /** Unique among the tenant's. */
  readonly name: string;
  readonly createdBy: string;
}

/** Something that happens, from an instant until a later one. */
export interface Event {
  readonly id: string;
  readonly calendarId: string;
  readonly title: string;
  readonly location?: string;
  /** A member's number, where the tenant has membership. */
  readonly organiser?: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly createdBy: string;
}

export type CalendarReason = 'calendar-not-found' | 'calendar-name-taken' | 'event-not-found' | 'event-ends-before-start';

export interface NewEvent extends Omit<Event, 'location' | 'organiser'> {
  readonly location?: string | undefined;
  readonly organiser?: string | undefined;
}

export const planEvent = ({ location, organiser, ...given }: NewEvent): Event | Refusal<CalendarReason> =>
  given.endsAt <= given.startsAt
    ? endsBeforeStart
    : { ...given, ...(location === undefined ? {} : { location }), ...(organiser === undefined ? {} : { organiser }) };

export const calendarNotFound: Refusal<CalendarReason> = {
  kind: 'unprocessable',
  reason: 'calendar-not-found',
  message: 'this tenant has no calendar with this id; list them to see which it has',
};

export const eventNotFound: Refusal<CalendarReason> = {
  kind: 'not-found',
  reason: 'event-not-found',
  message: 'this tenant has no event with this id',
};

export const nameTaken = (name: string): Refusal<CalendarReason> => ({
  kind: 'conflict',
  reason: 'calendar-name-taken',
  message: `this tenant has a calendar ${name} already: choose another name`,
  facts: { name },
});

const endsBeforeStart: Refusal<CalendarReason> = {
  kind: 'unprocessable',
  reason: 'event-ends-before-start',
  message: 'an event ends after it starts',
};
