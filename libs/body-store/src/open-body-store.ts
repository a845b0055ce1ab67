import { fileURLToPath } from 'node:url';
import type { BodyStore } from './body-store.js';
import { FileBodyStore } from './file-body-store.js';
import { S3BodyStore } from './s3-body-store.js';

/**
 * The store an address names: `file:///var/lib/waybill/bodies`, or
 * `s3://<key id>:<secret>@<endpoint>/<bucket>[/<prefix>]?region=<region>`, with `&tls=false` for an endpoint without TLS.
 * Throws a plain Error that does not repeat the address: it carries a secret.
 */
export function openBodyStore(address: string): BodyStore {
  const url = new URL(address);
  if (url.protocol === 'file:') return new FileBodyStore(fileURLToPath(url));
  const [bucket, ...prefix] = url.pathname.split('/').filter(Boolean);
  if (url.protocol !== 's3:' || !bucket || !url.username || !url.password) {
    throw new Error('BODY_STORE_URL must be file:///<folder> or s3://<key id>:<secret>@<endpoint>/<bucket>');
  }
  const scheme = url.searchParams.get('tls') === 'false' ? 'http' : 'https';
  return new S3BodyStore({
    url: `${scheme}://${url.host}/${bucket}`,
    prefix: prefix.length > 0 ? `${prefix.join('/')}/` : '',
    region: url.searchParams.get('region') ?? 'us-east-1',
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  });
}
