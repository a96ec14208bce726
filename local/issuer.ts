import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8, jwtVerify, SignJWT } from 'jose';
import type { LocalClock } from './clock.ts';

/** A small OIDC issuer: mints the tokens of one machine and verifies them as the JWT authorizer would. */
export interface Issuer {
  readonly mint: (claims: Readonly<Record<string, string>> & { readonly sub: string }) => Promise<string>;
  /** The claims of a valid token; undefined for anything else. */
  readonly verify: (
    token: string,
    expected: { readonly issuer: string; readonly audience: readonly string[] },
  ) => Promise<Readonly<Record<string, unknown>> | undefined>;
  readonly jwks: () => unknown;
}

const algorithm = 'RS256';
const lifetimeSeconds = 24 * 3600;

export interface IssuerOptions {
  /** Holds the signing key, 0600; made when absent. */
  readonly keyFile: string;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: LocalClock;
}

export const openIssuer = async ({ keyFile, issuer, audience, clock }: IssuerOptions): Promise<Issuer> => {
  if (!existsSync(keyFile)) {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    writeFileSync(keyFile, await exportPKCS8(privateKey), { mode: 0o600 });
  }
  const privateKey = await importPKCS8(readFileSync(keyFile, 'utf8'), algorithm, { extractable: true });
  const { kty, n, e } = await exportJWK(privateKey);
  const jwk = { kty, n, e, alg: algorithm, use: 'sig', kid: 'local' } as { kty: string; n: string; e: string };
  const publicKey = await crypto.subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['verify']);
  return {
    jwks: () => ({ keys: [jwk] }),
    mint: async ({ sub, ...claims }) => {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: 'local' })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
    },
    verify: async (token, expected) => {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          issuer: expected.issuer,
          audience: [...expected.audience],
          currentDate: clock.now(),
        });
        return payload;
      } catch {
        // an invalid token is an answer, 401, whatever makes it invalid
        return undefined;
      }
    },
  };
};
