import { describe, expect, test } from '@jest/globals';
import { translateDataApiError } from '../../../contexts/shared/adapters/data-api-errors.ts';
import { Contended, Defect } from '../../../contexts/shared/domain/errors.ts';

const named = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name, ...more });
const sql = (state: string, message = 'ERROR: secret row data'): Error => named('DatabaseErrorException', `${message}; SQLState: ${state}`);

describe('An error of the Data API', () => {
  test.each([
    ['lock_not_available', sql('55P03')],
    ['serialization_failure', sql('40001')],
    ['deadlock_detected', sql('40P01')],
    ['a parallel statement', named('DatabaseErrorException', 'Transaction is still running a query')],
  ])('means Contended when someone else is in the way: %s', (_what, error) => {
    expect(translateDataApiError(error).name).toBe('Contended');
  });

  test.each([
    ['a resuming cluster', named('DatabaseResumingException', '')],
    ['throttling', named('ThrottlingException', '')],
    ['a server fault', named('Whatever', '', { $fault: 'server' })],
    ['a 502', named('Whatever', '', { $metadata: { httpStatusCode: 502 } })],
    ['a refused connection', named('Error', '', { code: 'ECONNREFUSED' })],
    ['a lost transaction', named('TransactionNotFoundException', '')],
    ['a lost transaction, worded', named('BadRequestException', 'Transaction X is not found')],
    ['too many connections', sql('53300')],
    ['a broken connection', sql('08006')],
    ['an ended session', sql('25P03')],
  ])('means Unavailable when the outside is briefly absent: %s', (_what, error) => {
    expect(translateDataApiError(error).name).toBe('Unavailable');
  });

  test('means Defect otherwise, with the SQLSTATE as a fact', () => {
    expect(translateDataApiError(sql('42501'))).toMatchObject({ name: 'Defect', facts: { sqlState: '42501' } });
    expect(translateDataApiError(named('AccessDeniedException', 'no'))).toMatchObject({
      name: 'Defect',
      facts: { awsError: 'AccessDeniedException' },
    });
    expect(translateDataApiError('odd')).toMatchObject({ name: 'Defect', facts: { awsError: 'unknown' } });
  });

  test('names the constraint that was broken and never the row that broke it', () => {
    const error = translateDataApiError(
      sql('23505', 'ERROR: duplicate key value violates unique constraint "cards_code"\n  Detail: Key (code)=(4711) already exists.'),
    );
    expect(error).toMatchObject({ facts: { sqlState: '23505', constraint: 'cards_code' } });
    expect(error.message).not.toContain('4711');
    expect(translateDataApiError(sql('22P02', 'ERROR: invalid input syntax for type integer: "4711"')).message).not.toContain('4711');
  });

  test('says which object was missing, since names are not data', () => {
    expect(translateDataApiError(sql('42P01', 'ERROR: relation "a.b" does not exist; Position: 15')).message).toBe(
      'PostgreSQL refused the statement (SQLSTATE 42P01): relation "a.b" does not exist',
    );
  });

  test('that is sorted already stays as it is', () => {
    const ours = [new Contended('x'), new Defect('y')];
    expect(ours.map(translateDataApiError)).toEqual(ours);
  });
});
