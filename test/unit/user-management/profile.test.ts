import { describe, expect, test } from '@jest/globals';
import { changeProfile, createProfile, isLocale, isTimeZone } from '../../../contexts/user-management/domain/profile.ts';

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const given = { id: 'P', subject: 'auth0|1', displayName: 'Ada', email: 'ada@example.org', locale: 'en-GB', timeZone: 'Europe/London' };

describe('A profile', () => {
  test('keeps what a change leaves out, and loses what it makes null', () => {
    const profile = createProfile(given, at);
    expect(changeProfile(profile, {}, later)).toEqual({ ...profile, version: 2 });
    expect(changeProfile(profile, { displayName: 'Grace', locale: 'de' }, later)).toEqual({
      ...profile,
      displayName: 'Grace',
      locale: 'de',
      version: 2,
    });
    const bare = changeProfile(profile, { email: null, locale: null, timeZone: null }, later);
    expect(bare).toEqual({ id: 'P', subject: 'auth0|1', displayName: 'Ada', createdAt: at, version: 2 });
  });

  test('is deactivated once, and active again without a trace', () => {
    const gone = { ...createProfile(given, at), deactivatedAt: at };
    expect(changeProfile(createProfile(given, at), { active: false }, later)).toMatchObject({ deactivatedAt: later });
    expect(changeProfile(gone, { active: false }, later)).toMatchObject({ deactivatedAt: at });
    expect(changeProfile(gone, { displayName: 'Grace' }, later)).toMatchObject({ deactivatedAt: at });
    expect(changeProfile(gone, { active: true }, later)).not.toHaveProperty('deactivatedAt');
  });

  test('is not changed when it was changed meanwhile', () => {
    expect(changeProfile(createProfile(given, at), { version: 2 }, later)).toMatchObject({
      reason: 'profile-changed-meanwhile',
      facts: { profile: 'P', version: 1 },
    });
    expect(changeProfile(createProfile(given, at), { version: 1 }, later)).toMatchObject({ version: 2 });
  });

  test('names a language and a time zone that there are', () => {
    expect(['de', 'de-CH', 'x', 'de_CH', 'not a language'].map(isLocale)).toEqual([true, true, false, false, false]);
    expect(['UTC', 'Europe/Zurich', 'Europe/Nowhere', '+25:00'].map(isTimeZone)).toEqual([true, true, false, false]);
  });
});
