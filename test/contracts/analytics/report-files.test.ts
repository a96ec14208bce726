import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeS3ReportFiles } from '../../../contexts/analytics/index.ts';
import { Refused } from '../../../contexts/shared/domain/errors.ts';
import { AwsError } from '../../../local/gateway.ts';
import { makeS3 } from '../../../local/s3.ts';
import { openObjectStore } from '../../../local/s3-store.ts';
import { allow, type LocalTarget, startLocal } from '../local/target.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-files-'));
const bucket = 'reports';
let local: LocalTarget;
let client: S3Client;

beforeAll(async () => {
  const buckets = [{ name: bucket, expirations: [] }];
  local = await startLocal(({ clock }) => [makeS3({ store: openObjectStore({ folder, buckets, clock }), clock })]);
  client = new S3Client({ ...local.client('s3'), maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await local.gateway.close();
  rmSync(folder, { recursive: true });
});

const megabyte = 'x'.repeat(1024 * 1024);
async function* text(pieces: number, end?: Error): AsyncGenerator<string> {
  for (let piece = 0; piece < pieces; piece += 1) yield megabyte;
  if (end) throw end;
}
const keys = async (): Promise<readonly (string | undefined)[]> =>
  ((await client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key }) => Key);
const uploads = (): readonly string[] => readdirSync(join(folder, bucket, 'uploads'));

describe('The files of reports in S3', () => {
  test.each([
    ['in one piece', 1],
    ['in parts', 20],
  ])('are stored %s and open by their link, under their name', async (_, pieces) => {
    const files = makeS3ReportFiles(client, bucket);
    const key = `reports/acme/${pieces}.csv`;
    expect(await files.store(key, text(pieces), 'text/csv; charset=utf-8')).toBe(pieces * megabyte.length);
    const answer = await fetch(await files.link(key, { seconds: 60, fileName: 'acme.csv' }));
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'text/csv; charset=utf-8',
      'attachment; filename="acme.csv"',
    ]);
    expect((await answer.text()).length).toBe(pieces * megabyte.length);
    expect(uploads()).toEqual([]);
  });

  test.each([1, 20])('are not there when what is written breaks off after %d MB, and no part of them is left', async (pieces) => {
    const broken = new Refused({ kind: 'conflict', reason: 'superseded', message: 'lost' });
    const files = makeS3ReportFiles(client, bucket);
    await expect(files.store('reports/acme/broken.csv', text(pieces, broken), 'text/csv')).rejects.toBe(broken);
    expect([(await keys()).includes('reports/acme/broken.csv'), uploads()]).toEqual([false, []]);
  });

  test.each(['PutObject', 'UploadPart', 'CompleteMultipartUpload'])(
    'are said to be briefly away when %s meets nobody',
    async (operation) => {
      local.faults.before = (request) =>
        request.operation === operation ? new AwsError('InternalError', 'injected', { status: 500 }) : 'pass';
      const stored = makeS3ReportFiles(client, bucket).store('reports/acme/away.csv', text(operation === 'PutObject' ? 1 : 20), 'text/csv');
      await expect(stored).rejects.toMatchObject({ name: 'Unavailable', message: 'S3 could not be reached' });
      delete local.faults.before;
      expect((await keys()).includes('reports/acme/away.csv')).toBe(false);
    },
  );

  test.each([
    ['CompleteMultipartUpload', 'NoSuchUpload', 404],
    ['PutObject', 'RequestTimeout', 400],
  ])('are said to be briefly away when %s is answered %s', async (operation, code, status) => {
    local.faults.before = (request) => (request.operation === operation ? new AwsError(code, 'injected', { status }) : 'pass');
    const stored = makeS3ReportFiles(client, bucket).store('reports/acme/away.csv', text(operation === 'PutObject' ? 1 : 20), 'text/csv');
    await expect(stored).rejects.toMatchObject({ name: 'Unavailable', message: 'S3 could not be reached' });
    delete local.faults.before;
  });

  test('are whole when the answer to the last request is lost', async () => {
    const patient = new S3Client({ ...local.client('s3'), maxAttempts: 3 });
    let lost = 0;
    local.faults.after = ({ operation }) => {
      if (operation !== 'CompleteMultipartUpload' || lost > 0) return 'pass';
      lost += 1;
      return 'drop';
    };
    const bytes = await makeS3ReportFiles(patient, bucket).store('reports/acme/lost-answer.csv', text(20), 'text/csv');
    delete local.faults.after;
    patient.destroy();
    expect([bytes, lost, (await keys()).includes('reports/acme/lost-answer.csv')]).toEqual([20 * megabyte.length, 1, true]);
  });

  test('say so where there is no bucket, or no right to write to it', async () => {
    const nowhere = makeS3ReportFiles(client, 'absent').store('reports/a.csv', text(1), 'text/csv');
    await expect(nowhere).rejects.toMatchObject({ name: 'Defect', message: expect.stringContaining('there is no bucket absent') });
    const reader = new S3Client(local.client('s3', local.as([allow('s3:GetObject', '*')])));
    const denied = makeS3ReportFiles(reader, bucket).store('reports/a.csv', text(1), 'text/csv');
    await expect(denied).rejects.toMatchObject({ name: 'Defect', facts: { awsError: 'AccessDenied' } });
  });
});
