import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { isBrieflyAbsent, nameOf } from '../../shared/adapters/brief-absence.ts';
import { Contended, Defect, Malformed, Refused, Unavailable } from '../../shared/domain/errors.ts';
import type { ReportFiles } from '../application/ports.ts';

const partBytes = 8 * 1024 * 1024;

/**
 * Reports as objects of a bucket. What fits into one part is put at once; more goes up in parts, which become an object together. Parts
 * of a report that was interrupted are called off, or the bucket forgets them.
 */
export const makeS3ReportFiles = (client: S3Client, bucket: string): ReportFiles => ({
  store: async (Key, content, ContentType) => {
    let bytes = 0;
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for await (const text of content) {
        const piece = Buffer.from(text);
        bytes += piece.length;
        yield piece;
      }
    };
    const params = { Bucket: bucket, Key, Body: Readable.from(pieces()), ContentType };
    const upload = new Upload({ client, params, partSize: partBytes, queueSize: 1, leavePartsOnError: false });
    await upload.done().catch((error: unknown) => {
      throw translated(error, bucket);
    });
    return bytes;
  },
  link: (Key, { seconds, fileName }) => {
    const disposition = `attachment; filename="${fileName}"`;
    const command = new GetObjectCommand({ Bucket: bucket, Key, ResponseContentDisposition: disposition });
    return getSignedUrl(client, command, { expiresIn: seconds });
  },
});

/** Called 400 and 404, and yet another try may get through: bytes that came too slowly, an upload that somebody called off. */
const passing = new Set(['RequestTimeout', 'NoSuchUpload']);

/** What the content rejects with goes through; of the SDK's errors the name says enough. */
const translated = (error: unknown, bucket: string): unknown => {
  const ours = [Malformed, Refused, Contended, Unavailable, Defect].some((known) => error instanceof known);
  if (ours) return error;
  const awsError = nameOf(error);
  if (isBrieflyAbsent(error) || passing.has(awsError)) return new Unavailable('S3 could not be reached', 5, { cause: error });
  if (awsError === 'NoSuchBucket')
    return new Defect(`there is no bucket ${bucket} for reports: deploy the data stack`, { awsError }, { cause: error });
  return new Defect(`the report could not be stored in bucket ${bucket}: ${awsError}`, { awsError }, { cause: error });
};
