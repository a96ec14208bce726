import * as z from 'zod';

/** One line of up to `max` characters in a request, without what no name has: line breaks, tabs, NUL, half a character. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has a control character or half a character; one line of text is wanted');

/** Text of up to `max` characters in a request, on any number of lines. */
export const prose = (max: number) => z.string().trim().min(1).max(max).regex(whole, notWhole);

/** Text as it is, also empty. */
export const text = (max: number) => z.string().max(max).regex(whole, notWhole);

/** What PostgreSQL keeps, as text and as JSON: all but NUL and a surrogate alone. */
const whole = /^[^\0\p{Cs}]*$/u;
const notWhole = 'has a NUL or half a character, which cannot be kept';
