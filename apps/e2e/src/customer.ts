import { randomBytes } from 'node:crypto';

/** A customer of a running installation: signs up and uses the public API, nothing else. */
export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
}

export interface Receipt {
  readonly id: string;
  readonly exchanges: string[];
  readonly queues: string[];
  readonly units: Record<string, number>;
}

export interface Message {
  readonly id: string;
  readonly receipt: string;
  readonly deliveryCount: number;
  readonly body: string;
  readonly leaseUntil: string;
}

export interface Figures {
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
}

/** One HTTP call; the body is parsed when it is JSON. */
export async function call<T = Record<string, unknown>>(method: string, url: string, options: { headers?: Record<string, string>; body?: unknown; raw?: string | Uint8Array } = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { ...options.headers };
  let body: string | Uint8Array | undefined;
  if (options.raw !== undefined) body = options.raw;
  else if (options.body !== undefined) {
    headers['content-type'] ??= 'application/json';
    body = JSON.stringify(options.body);
  }
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

export function expectStatus<T>(answer: Answer<T>, ...wanted: number[]): T {
  if (!wanted.includes(answer.status)) throw new Error(`status ${answer.status} instead of ${wanted.join(' or ')}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export class Customer {
  private constructor(
    readonly controlUrl: string,
    readonly email: string,
    readonly password: string,
    readonly cookie: string,
    readonly tenantId: string,
    readonly namespaceId: string,
  ) {}

  static async signUp(controlUrl: string): Promise<Customer> {
    const email = `customer-${randomBytes(6).toString('hex')}@example.com`;
    const password = randomBytes(12).toString('hex');
    const answer = await call<{ tenants: { id: string; namespaces: { id: string }[] }[] }>('POST', `${controlUrl}/api/v1/sign-up`, { body: { email, password, tenantName: 'Customer' } });
    const account = expectStatus(answer, 201);
    const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
    const [tenant] = account.tenants;
    return new Customer(controlUrl, email, password, cookie, tenant!.id, tenant!.namespaces[0]!.id);
  }

  /** A call of the control plane under the customer's namespace, as the person who signed up. */
  manage<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return call<T>(method, `${this.controlUrl}/api/v1/namespaces/${this.namespaceId}${path}`, { headers: { cookie: this.cookie }, ...(body === undefined ? {} : { body }) });
  }

  async queue(name: string, settings: Record<string, unknown> = {}): Promise<void> {
    expectStatus(await this.manage('PUT', `/queues/${name}`, settings), 200, 201);
  }

  async exchange(name: string, kind: string): Promise<void> {
    expectStatus(await this.manage('PUT', `/exchanges/${name}`, { kind }), 200, 201);
  }

  async bind(exchange: string, ...bindings: Record<string, unknown>[]): Promise<void> {
    expectStatus(await this.manage('PUT', `/exchanges/${exchange}/bindings`, { bindings }), 200, 201);
  }

  async key(...scopes: string[]): Promise<{ id: string; secret: string }> {
    const wanted = scopes.length > 0 ? scopes : ['publish', 'consume', 'manage'];
    return expectStatus(await this.manage<{ id: string; secret: string }>('POST', '/keys', { name: `k-${randomBytes(3).toString('hex')}`, scopes: wanted }), 201);
  }

  /** The sums of today's ledger. */
  async usage(): Promise<Record<string, number>> {
    const { totals } = expectStatus(await this.manage<{ totals: Record<string, string> }>('GET', '/usage'), 200);
    return Object.fromEntries(Object.entries(totals).map(([dimension, quantity]) => [dimension, Number(quantity)]));
  }
}

/** An application that talks to one gateway with one key. */
export class Application {
  constructor(
    readonly gatewayUrl: string,
    private readonly key: string,
  ) {}

  call<T = Record<string, unknown>>(method: string, path: string, options: Parameters<typeof call>[2] = {}): Promise<Answer<T>> {
    return call<T>(method, `${this.gatewayUrl}/v1${path}`, { ...options, headers: { authorization: `Bearer ${this.key}`, ...options.headers } });
  }

  async publish(path: `/exchanges/${string}` | `/queues/${string}`, body: string, headers: Record<string, string> = {}): Promise<Receipt> {
    return expectStatus(await this.call<Receipt>('POST', `${path}/messages`, { raw: body, headers: { 'content-type': 'text/plain', ...headers } }), 201);
  }

  async publishBatch(path: `/exchanges/${string}` | `/queues/${string}`, bodies: readonly string[], more: Record<string, unknown> = {}): Promise<Receipt[]> {
    const answer = await this.call<{ messages: Receipt[] }>('POST', `${path}/messages`, {
      headers: { 'content-type': 'application/vnd.waybill.batch+json' },
      raw: JSON.stringify({ messages: bodies.map((body) => ({ body, contentType: 'text/plain', ...more })) }),
    });
    return expectStatus(answer, 201).messages;
  }

  async receive(queue: string, options: { max?: number; waitSeconds?: number; leaseSeconds?: number; autoAccept?: boolean } = {}): Promise<Message[]> {
    return expectStatus(await this.call<{ messages: Message[] }>('POST', `/queues/${queue}/receive`, { body: options }), 200).messages;
  }

  async settle(queue: string, body: Record<string, unknown>): Promise<{ receipt: string; outcome: string; problem?: Problem }[]> {
    return expectStatus(await this.call<{ results: { receipt: string; outcome: string; problem?: Problem }[] }>('POST', `/queues/${queue}/settle`, { body }), 200).results;
  }

  async figures(queue: string): Promise<Figures> {
    return expectStatus(await this.call<Figures & Record<string, unknown>>('GET', `/queues/${queue}`), 200);
  }
}

/** Polls until `check` holds; fails with its last reason after `limitMs`. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
