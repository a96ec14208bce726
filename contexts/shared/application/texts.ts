import * as z from 'zod';

/** One line of up to `max` characters in a request, without what no name has: line breaks, tabs, NUL. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'has a control character; one line of text is wanted');

/** Text of up to `max` characters in a request, on any number of lines. PostgreSQL keeps every character but NUL. */
export const prose = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\0'), 'has a NUL character, which cannot be kept');
