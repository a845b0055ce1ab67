import { WaybillApiError, WaybillConnectionError } from '@waybill/client';
import type { Account, Problem } from '@waybill/contracts';
import { UsageError } from './failure.js';

/** A person's session at the control plane, as long as it takes to make a key. */
export class SignIn {
  private cookie = '';
  private account: Account | undefined;

  constructor(private readonly controlUrl: string) {}

  async open(email: string, password: string): Promise<void> {
    this.account = await this.call<Account>('POST', '/api/v1/session', { email, password });
  }

  /** Id of the namespace with this id or name; without one, the only one there is. */
  choose(wanted: string | undefined): string {
    const all = this.account?.tenants.flatMap(({ name: tenant, namespaces }) => namespaces.map(({ id, name }) => ({ id, name, tenant }))) ?? [];
    const fitting = wanted === undefined ? all : all.filter(({ id, name }) => id === wanted || name === wanted);
    const [first, ...more] = fitting;
    if (first !== undefined && more.length === 0) return first.id;
    const known = all.map(({ id, name, tenant }) => `  ${id}  ${tenant} / ${name}`).join('\n');
    throw new UsageError(`${first === undefined ? 'No namespace fits.' : 'Several namespaces fit.'} Name one with --namespace:\n${known}`);
  }

  async makeKey(namespace: string, name: string): Promise<{ secret: string; gatewayUrl: string }> {
    const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const { gatewayUrl } = await this.call<{ gatewayUrl: string }>('POST', `${base}/data-tokens`);
    const { secret } = await this.call<{ secret: string }>('POST', `${base}/keys`, { name, scopes: ['publish', 'consume', 'manage'] });
    return { secret, gatewayUrl };
  }

  async close(): Promise<void> {
    await this.call('DELETE', '/api/v1/session');
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const url = this.controlUrl.replace(/\/+$/, '') + path;
    const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(this.cookie === '' ? {} : { cookie: this.cookie }) };
    const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(15_000), ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).catch((cause: unknown) => {
      throw new WaybillConnectionError('connection_failed', `${method} ${url}`, false, { cause });
    });
    this.cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? this.cookie;
    const text = await answer.text();
    if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    const isProblem = answer.headers.get('content-type')?.includes('problem+json') ?? false;
    const { code, detail, instance, retryable } = isProblem ? (JSON.parse(text) as Problem) : { code: `http_${answer.status}`, detail: `${url} is no control plane of Waybill.`, instance: undefined, retryable: false };
    throw new WaybillApiError(code, answer.status, detail, instance, retryable);
  }
}
