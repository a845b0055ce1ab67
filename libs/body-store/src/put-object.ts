import path from 'node:path';
import type { Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import { WaybillError } from '@waybill/kernel';
import type { ObjectFile } from './object-targets.js';
import type { S3Place } from './s3-body-store.js';
import { field } from './xml.js';

export interface ObjectRequest {
  readonly url: URL;
  readonly method: 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** Makes one call; fails with `export_target_failed` or `egress_refused` when there is no answer. Answers at most the head of a long text. */
export type SendObject = (request: ObjectRequest) => Promise<{ readonly status: number; readonly text: string }>;

const contentTypes: Readonly<Record<string, string>> = { '.csv': 'text/csv; charset=utf-8', '.ndjson': 'application/x-ndjson', '.tar': 'application/x-tar' };

/** What a person does about an answer, by its status. */
const advice: Readonly<Record<number, string>> = {
  301: 'use the endpoint of the region that the bucket is in', 307: 'use the endpoint of the region that the bucket is in',
  400: 'check endpoint, region and bucket', 401: 'check the key id and the secret', 403: 'check the key id, the secret, and that the key may write there', 404: 'check the bucket',
};

/**
 * One PUT of known length, signed with the digest of the file (AWS Signature Version 4): the service keeps nothing of a body that is
 * shorter or another. A key that exists is overwritten. Fails with `export_target_failed`, and as `send` does.
 */
export async function putObject({ url, region, accessKeyId, secretAccessKey }: Omit<S3Place, 'prefix'>, key: string, file: ObjectFile, send: SendObject): Promise<void> {
  const headers = { 'content-type': contentTypes[path.extname(key)] ?? 'text/plain; charset=utf-8', 'x-amz-content-sha256': file.sha256 };
  const signed = await new AwsV4Signer({ service: 's3', region, accessKeyId, secretAccessKey, method: 'PUT', url: `${url}/${key}`, headers }).sign();
  const { host: _, ...sent } = Object.fromEntries(signed.headers.entries());
  const { status, text } = await send({ url: signed.url, method: 'PUT', headers: { ...sent, 'content-length': String(file.bytes) }, body: file.read() });
  if (status >= 200 && status < 300) return;
  const said = [String(status), field(text, 'Code')].filter(Boolean).join(' ');
  throw new WaybillError('export_target_failed', { reason: `the bucket answered ${said}: ${advice[status] ?? 'it is in trouble; try again later'}` });
}
