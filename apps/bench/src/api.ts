import { randomBytes } from 'node:crypto';
import type { Stack } from '../../../scripts/local/stack.mjs';

/** Definitions made at the same time. */
const definers = 8;
/** The most one call takes. */
const bindingsPerCall = 1_000;

export interface BindingInput {
  readonly destination: { readonly queue: string };
  readonly pattern?: string;
}

/** A tenant of its own on a running stack, driven over the public API. */
export class Tenant {
  private constructor(
    private readonly controlUrl: string,
    private readonly cookie: string,
    readonly namespaceId: string,
  ) {}

  static async signUp(stack: Stack): Promise<Tenant> {
    const email = `bench-${randomBytes(6).toString('hex')}@example.com`;
    const password = randomBytes(12).toString('hex');
    const answer = await fetch(`${stack.controlPlane.url}/api/v1/sign-up`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password, tenantName: 'Benchmark' }),
    });
    const account = (await expectOk(answer)) as { tenants: { namespaces: { id: string }[] }[] };
    const cookie = answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
    const id = account.tenants[0]?.namespaces[0]?.id;
    if (!id) throw new Error('sign-up gave no namespace');
    return new Tenant(stack.controlPlane.url, cookie, id);
  }

  /** A call under the namespace's path of the control plane. */
  async call<T>(method: 'PUT' | 'POST' | 'PATCH', path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${this.controlUrl}/api/v1/namespaces/${this.namespaceId}${path}`, {
      method, headers: { 'content-type': 'application/json', cookie: this.cookie }, body: JSON.stringify(body),
    });
    return (await expectOk(answer)) as T;
  }

  async read(path: string): Promise<unknown> {
    return expectOk(await fetch(`${this.controlUrl}${path}`, { headers: { cookie: this.cookie } }));
  }

  async apiKey(): Promise<string> {
    const { secret } = await this.call<{ secret: string }>('POST', '/keys', { name: 'bench', scopes: ['publish', 'consume', 'manage'] });
    return secret;
  }

  /** In force when it returns. */
  async setMessageLog(on: boolean): Promise<void> {
    await this.call('PATCH', '', { messageLog: on });
  }

  async defineQueues(names: readonly string[]): Promise<void> {
    const left = [...names];
    await Promise.all(
      Array.from({ length: definers }, async () => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) await this.call('PUT', `/queues/${name}`, {});
      }),
    );
  }

  async defineExchange(name: string, kind: string, bindings: readonly BindingInput[]): Promise<void> {
    await this.call('PUT', `/exchanges/${name}`, { kind });
    for (let start = 0; start < bindings.length; start += bindingsPerCall) {
      await this.call('PUT', `/exchanges/${name}/bindings`, { bindings: bindings.slice(start, start + bindingsPerCall) });
    }
  }
}

export async function expectOk(answer: Response): Promise<unknown> {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
