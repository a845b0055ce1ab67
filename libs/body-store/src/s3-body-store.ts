import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AwsClient } from 'aws4fetch';
import type { BodyStore, StoredBody } from './body-store.js';
import { checkBodyId, isBodyId, newBodyId } from './body-store.js';
import { orUnavailable } from './unavailable.js';
import { elements, field } from './xml.js';

export interface S3Place {
  /** `https://s3.eu-central-1.amazonaws.com/bucket`, no slash at the end. */
  readonly url: string;
  /** Within the bucket; '' or ending in a slash. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** S3 takes parts from 5 MiB on; a body that ends within the first part is stored by one call. */
const partBytes = 8 * 1024 * 1024;
const callTimeoutMs = 60_000;
const attempts = 3;

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Bodies as objects of a bucket, addressed by path. Every call carries the SHA-256 of its payload, so the service checks it. */
export class S3BodyStore implements BodyStore {
  readonly #client: AwsClient;

  constructor(
    private readonly place: S3Place,
    private readonly nowMs: () => number = Date.now,
  ) {
    const { region, accessKeyId, secretAccessKey } = place;
    this.#client = new AwsClient({ service: 's3', region, accessKeyId, secretAccessKey, retries: attempts - 1 });
  }

  async put(namespaceId: string, body: Readable): Promise<StoredBody> {
    const id = newBodyId(namespaceId, this.nowMs());
    const key = this.#keyOf(id);
    const upload = new Upload((call) => this.#call({ ...call, key }));
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
        await upload.add(chunk);
      }
      await upload.finish();
    } catch (error) {
      await upload.abandon();
      throw error;
    }
    return { id, bytes, sha256: hash.digest('hex') };
  }

  async get(id: string): Promise<Buffer | undefined> {
    const answer = await this.#call({ method: 'GET', key: this.#keyOf(id) }, [404]);
    if (answer.status === 404) return undefined;
    return orUnavailable(async () => Buffer.from(await answer.arrayBuffer()));
  }

  async delete(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', key: this.#keyOf(id) }, [404]);
  }

  async *listBefore(untilMs: number): AsyncGenerator<string> {
    await this.#abandonUploadsBefore(untilMs);
    for (let token: string | undefined; ; ) {
      const query = { 'list-type': '2', prefix: this.place.prefix, ...(token === undefined ? {} : { 'continuation-token': token }) };
      const page = await this.#text({ method: 'GET', query });
      for (const object of elements(page, 'Contents')) {
        const id = (field(object, 'Key') ?? '').slice(this.place.prefix.length);
        if (isBodyId(id) && Date.parse(field(object, 'LastModified') ?? '') < untilMs) yield id;
      }
      token = field(page, 'NextContinuationToken');
      if (token === undefined) return;
    }
  }

  /** A gateway that was killed leaves its parts behind, which the bucket charges for. */
  async #abandonUploadsBefore(untilMs: number): Promise<void> {
    const open = await this.#text({ method: 'GET', query: { uploads: '', prefix: this.place.prefix } });
    for (const upload of elements(open, 'Upload')) {
      const [key, uploadId] = [field(upload, 'Key'), field(upload, 'UploadId')];
      if (key === undefined || uploadId === undefined || !(Date.parse(field(upload, 'Initiated') ?? '') < untilMs)) continue;
      await this.#call({ method: 'DELETE', key, query: { uploadId } }, [404]);
    }
  }

  #keyOf(id: string): string {
    return `${this.place.prefix}${checkBodyId(id)}`;
  }

  async #text(call: Call): Promise<string> {
    const answer = await this.#call(call);
    return orUnavailable(() => answer.text());
  }

  #call({ method, key, query = {}, body }: Call, alsoFine: readonly number[] = []): Promise<Response> {
    return orUnavailable(async () => {
      const url = new URL(key === undefined ? this.place.url : `${this.place.url}/${key}`);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const answer = await this.#client.fetch(url, {
        method,
        headers: { 'x-amz-content-sha256': createHash('sha256').update(body ?? '').digest('hex') },
        signal: AbortSignal.timeout(callTimeoutMs),
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
      });
      if (answer.ok || alsoFine.includes(answer.status)) return answer;
      throw new Error(`the bucket answered ${answer.status} ${field(await answer.text(), 'Code') ?? ''} to ${method}`);
    });
  }
}

/** One body on its way: by one call when it is short, in parts otherwise. At most one part is in memory. */
class Upload {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #uploadId: string | undefined;
  readonly #etags: string[] = [];

  constructor(private readonly call: (call: Call) => Promise<Response>) {}

  async add(chunk: Buffer): Promise<void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= partBytes) await this.#sendPart();
  }

  async finish(): Promise<void> {
    if (this.#uploadId === undefined) {
      await this.call({ method: 'PUT', body: Buffer.concat(this.#chunks) });
      return;
    }
    if (this.#bytes > 0) await this.#sendPart();
    const parts = this.#etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
    const answer = await this.call({ method: 'POST', query: { uploadId: this.#uploadId }, body });
    // This one call can fail after it has answered 200.
    const text = await orUnavailable(() => answer.text());
    await orUnavailable(async () => {
      if (!text.includes('<CompleteMultipartUploadResult')) throw new Error(`the bucket did not complete the upload: ${field(text, 'Code') ?? 'no result'}`);
    });
  }

  /** Whatever was sent is taken back; what cannot be is found by `listBefore` later. */
  async abandon(): Promise<void> {
    if (this.#uploadId !== undefined) await this.call({ method: 'DELETE', query: { uploadId: this.#uploadId } }).catch(() => undefined);
  }

  async #sendPart(): Promise<void> {
    if (this.#uploadId === undefined) {
      const answer = await this.call({ method: 'POST', query: { uploads: '' } });
      const uploadId = field(await orUnavailable(() => answer.text()), 'UploadId');
      await orUnavailable(async () => {
        if (uploadId === undefined) throw new Error('the bucket opened no upload');
      });
      this.#uploadId = uploadId as string;
    }
    const body = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    const answer = await this.call({ method: 'PUT', query: { partNumber: String(this.#etags.length + 1), uploadId: this.#uploadId }, body });
    this.#etags.push(answer.headers.get('etag') ?? '');
  }
}
