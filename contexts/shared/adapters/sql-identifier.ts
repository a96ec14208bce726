import { Defect } from '../domain/errors.ts';

/** The one place where a name becomes SQL: `"digital_card"`, `"a""b"`. PostgreSQL silently cuts at 63 bytes; this refuses. */
export const identifier = (...path: readonly string[]): string => path.map(quoted).join('.');

/** A text literal, for the few statements that take no parameters (CREATE ROLE, COMMENT, DO). */
export const literal = (text: string): string => {
  if (text.includes('\\') || text.includes('\0')) throw new Defect('a literal for SQL has no backslash and no NUL');
  return `'${text.replaceAll("'", "''")}'`;
};

const quoted = (name: string): string => {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > 63)
    throw new Defect('an SQL identifier is 1 to 63 bytes without NUL', { length: Buffer.byteLength(name) });
  return `"${name.replaceAll('"', '""')}"`;
};
