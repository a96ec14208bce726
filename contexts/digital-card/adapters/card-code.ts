import { randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 16 letters of 5 random bits each: nobody guesses one, and none of them is mistaken for another. */
export const newCardCode = (): string => Array.from(randomBytes(16), (byte) => alphabet[byte % alphabet.length]).join('');
