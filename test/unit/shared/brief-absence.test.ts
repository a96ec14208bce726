import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { isBrieflyAbsent } from '../../../contexts/shared/adapters/brief-absence.ts';

const failed = (name: string, more: object = {}): Error => Object.assign(new Error('it failed'), { name, ...more });
const elsewhere = createContext({});

describe('A service was briefly absent', () => {
  test.each([
    ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'].map((code) => [code, failed('Error', { code })] as const),
    ...['TimeoutError', 'NetworkingError', 'ThrottlingException', 'InternalServerError'].map((name) => [name, failed(name)] as const),
    ['a connection that hung up', new Error('socket hang up')],
    ['a 500', failed('Whatever', { $metadata: { httpStatusCode: 500 } })],
    ['a fault of the server', failed('Whatever', { $fault: 'server' })],
    ['what is no error at all', { name: 'TimeoutError' }],
    ['an error of another realm', runInContext('Object.assign(new Error("read"), { code: "ECONNRESET" })', elsewhere)],
    ['what the SDK made of an error of another realm', new Error('AWS SDK error wrapper for Error: connect ECONNREFUSED 192.0.2.1:443')],
  ])('when it answers %s', (_what, error) => {
    expect(isBrieflyAbsent(error)).toBe(true);
  });

  test.each([
    ['a refusal', failed('AccessDeniedException', { $fault: 'client', $metadata: { httpStatusCode: 400 } })],
    ['nonsense of ours', failed('ValidationException', { $fault: 'client' })],
    ['a mistake in the code', new TypeError('x is not a function')],
    ['a message that only speaks of one', new Error('the card says ECONNRESET')],
    ['nothing', undefined],
    ['null', null],
  ])('but not when it answers %s', (_what, error) => {
    expect(isBrieflyAbsent(error)).toBe(false);
  });
});
