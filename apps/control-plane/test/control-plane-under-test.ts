import { randomBytes } from 'node:crypto';
import { silentLogger } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import { loadConfig } from '@waybill/platform';
import type { RunningService } from '@waybill/platform';
import { startControlPlane } from '../src/start-control-plane.js';
import { freshDatabase, testServer } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Answers are whatever the test expects them to be.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  /** Value of the session cookie that was set. */
  readonly cookie: string | undefined;
}

export interface Ask {
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  readonly key?: string;
  readonly cookie?: string | undefined;
  readonly headers?: Record<string, string>;
}

/** A person who has signed up. */
export interface Owner {
  readonly email: string;
  readonly password: string;
  readonly cookie: string;
  readonly namespace: string;
}

/** The real control plane on a database of its own and the shared Redis. */
export class ControlPlaneUnderTest {
  private constructor(
    readonly service: RunningService,
    readonly fresh: FreshDatabase,
  ) {}

  static async start(env: Record<string, string> = {}, logger: Logger = silentLogger): Promise<ControlPlaneUnderTest> {
    const fresh = await freshDatabase();
    const config = loadConfig({ DATABASE_URL: fresh.url, REDIS_URL: testServer('WAYBILL_TEST_REDIS_URL'), CONTROL_PLANE_PORT: '0', CONSOLE_DIR: '/nowhere', TRUST_PROXY: 'true', ...env });
    return new ControlPlaneUnderTest(await startControlPlane(config, logger), fresh);
  }

  async stop(): Promise<void> {
    await this.service.close();
    await this.fresh.drop();
  }

  async ask(method: string, path: string, { body, text, key, cookie, headers = {} }: Ask = {}): Promise<Answer> {
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${this.service.url}${path}`, {
      method,
      headers: {
        // Every test comes from its own address, so that limits of one do not meet another.
        'x-forwarded-for': `10.${randomBytes(3).join('.')}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(cookie === undefined ? {} : { cookie: `waybill_session=${cookie}` }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      redirect: 'manual',
    });
    const received = await answer.text();
    const json = answer.headers.get('content-type')?.includes('json');
    return {
      status: answer.status, headers: answer.headers, body: json ? JSON.parse(received) : received,
      cookie: /waybill_session=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1],
    };
  }

  async newOwner(): Promise<Owner> {
    const person = { email: `${randomBytes(6).toString('hex')}@example.com`, password: 'a long wonder of words' };
    const answer = await this.ask('POST', '/api/v1/sign-up', { body: { ...person, tenantName: 'Acme' } });
    if (answer.status !== 201) throw new Error(`sign-up answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return { ...person, cookie: answer.cookie ?? '', namespace: answer.body.tenants[0].namespaces[0].id };
  }

  /** The whole key. */
  async newKey(owner: Owner, scopes: string[]): Promise<string> {
    const answer = await this.ask('POST', `/api/v1/namespaces/${owner.namespace}/keys`, { cookie: owner.cookie, body: { name: 'test', scopes } });
    if (answer.status !== 201) throw new Error(`creating a key answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.secret;
  }
}
