import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

const iterations = 4096;
const keyBytes = 32;

/**
 * The SCRAM-SHA-256 verifier that PostgreSQL stores for a password (RFC 5802): a role made with it never sends the password to
 * the server, and no log holds it. The password must be ASCII, so that it needs no normalisation.
 */
export const scramVerifier = (password: string, salt: Uint8Array): string => {
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
};
