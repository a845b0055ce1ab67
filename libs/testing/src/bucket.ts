import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const bucketCredentials = { accessKeyId: 'bucketkey', secretAccessKey: 'bucket/secret+1', region: 'eu-test-1' };

const hash = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const mac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
const strict = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The signature a request must carry (AWS Signature Version 4, "Create a signed request"), or why it cannot have one. */
function expectedSignature(request: IncomingMessage, url: URL, body: Buffer): { wanted: string; given: string } | string {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '');
  if (!parts) return 'no signature';
  const [, keyId, day, region, signed, given] = parts as unknown as [string, string, string, string, string, string];
  const at = String(request.headers['x-amz-date']);
  if (keyId !== bucketCredentials.accessKeyId || region !== bucketCredentials.region || !at.startsWith(day)) return 'another scope';
  for (const needed of ['host', 'x-amz-content-sha256', 'x-amz-date']) if (!signed.split(';').includes(needed)) return `${needed} is not signed`;
  if (request.headers['x-amz-content-sha256'] !== hash(body)) return 'the payload is another one';
  const query = [...url.searchParams].map(([name, value]) => `${strict(name)}=${strict(value)}`).sort().join('&');
  const headers = signed.split(';').map((name) => `${name}:${String(request.headers[name]).trim().replace(/\s+/g, ' ')}\n`).join('');
  const canonical = [request.method, url.pathname.split('/').map((part) => strict(decodeURIComponent(part))).join('/'), query, headers, signed, hash(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', at, `${day}/${region}/s3/aws4_request`, hash(canonical)].join('\n');
  const key = ['s3', 'aws4_request'].reduce((before, text) => mac(before, text), mac(mac(`AWS4${bucketCredentials.secretAccessKey}`, day), region));
  return { wanted: mac(key, toSign).toString('hex'), given };
}

/** An S3-compatible bucket of one test, strict about signatures. */
export class Bucket {
  readonly objects = new Map<string, { body: Buffer; at: number }>();
  readonly uploads = new Map<string, { key: string; at: number; parts: Map<number, { etag: string; body: Buffer }> }>();
  readonly calls: string[] = [];
  /** Answers the next calls of this kind with the status, as often as said. */
  failing: { call: RegExp; status: number; times: number } | undefined;
  /** Objects in one page of a list. */
  pageSize = 1000;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Bucket> {
    const server = createServer();
    const bucket = new Bucket(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => bucket.#answer(request, response, Buffer.concat(chunks)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url ?? '/', `http://${this.host}`);
    const call = `${request.method} ${url.pathname}${url.search}`;
    this.calls.push(call);
    const send = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}): void => void response.writeHead(status, headers).end(text);
    const signature = expectedSignature(request, url, body);
    if (typeof signature === 'string' || signature.given !== signature.wanted) return send(403, `<Error><Code>SignatureDoesNotMatch</Code><Message>${JSON.stringify(signature)}</Message></Error>`);
    if (this.failing && this.failing.times > 0 && this.failing.call.test(call)) {
      this.failing.times -= 1;
      return send(this.failing.status, '<Error><Code>Injected</Code></Error>');
    }
    const key = decodeURIComponent(url.pathname.replace(/^\/bucket\/?/, ''));
    if (key === '') return this.#list(url, send);
    const uploadId = url.searchParams.get('uploadId');
    if (url.searchParams.has('uploads')) return this.#openUpload(key, send);
    if (uploadId !== null) return this.#onUpload(request.method ?? '', uploadId, Number(url.searchParams.get('partNumber')), body, send);
    if (request.method === 'PUT') this.objects.set(key, { body, at: Date.now() });
    else if (request.method === 'DELETE') this.objects.delete(key);
    const found = this.objects.get(key);
    if (request.method === 'GET') return found ? send(200, found.body) : send(404, '<Error><Code>NoSuchKey</Code></Error>');
    send(request.method === 'DELETE' ? 204 : 200);
  }

  #openUpload(key: string, send: (status: number, text: string) => void): void {
    const id = `up/${this.uploads.size}+&`;
    this.uploads.set(id, { key, at: Date.now(), parts: new Map() });
    send(200, `<InitiateMultipartUploadResult><UploadId>${id.replace('&', '&amp;')}</UploadId></InitiateMultipartUploadResult>`);
  }

  #onUpload(method: string, id: string, part: number, body: Buffer, send: (status: number, text?: string, headers?: Record<string, string>) => void): void {
    const upload = this.uploads.get(id);
    if (!upload) return send(404, '<Error><Code>NoSuchUpload</Code></Error>');
    if (method === 'DELETE') {
      this.uploads.delete(id);
      return send(204);
    }
    if (method === 'PUT') {
      const etag = `"${hash(body).slice(0, 32)}"`;
      upload.parts.set(part, { etag, body });
      return send(200, '', { etag });
    }
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)].map(([, number, etag]) => ({ number: Number(number), etag }));
    if (named.length !== upload.parts.size || named.some(({ number, etag }) => upload.parts.get(number)?.etag !== etag)) return send(200, '<Error><Code>InvalidPart</Code></Error>');
    this.objects.set(upload.key, { body: Buffer.concat(named.map(({ number }) => upload.parts.get(number)?.body ?? Buffer.alloc(0))), at: Date.now() });
    this.uploads.delete(id);
    send(200, '<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>');
  }

  #list(url: URL, send: (status: number, text: string) => void): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const iso = (at: number) => new Date(at).toISOString();
    if (url.searchParams.has('uploads')) {
      const open = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix));
      return send(200, `<R>${open.map(([id, { key, at }]) => `<Upload><Key>${key}</Key><UploadId>${id.replace('&', '&amp;')}</UploadId><Initiated>${iso(at)}</Initiated></Upload>`).join('')}</R>`);
    }
    const after = url.searchParams.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, this.pageSize);
    const contents = page.map((key) => `<Contents><Key>${key}</Key><LastModified>${iso(this.objects.get(key)?.at ?? 0)}</LastModified></Contents>`).join('');
    send(200, `<R>${contents}${page.length < keys.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''}</R>`);
  }
}
