import { newId, WaybillError } from '@waybill/kernel';
import type { Clock } from '@waybill/kernel';
import type { OperatorRole, Role } from '../tenancy/roles.js';
import type { AccountStore, StoredAccount } from './account.store.js';
import type { PasswordHasher } from './password-hasher.js';
import { requireStrongPassword } from './password-rules.js';
import type { SignInAttempts } from './sign-in-attempts.store.js';

export interface AccountView {
  readonly operator: OperatorRole | null;
  readonly user: { id: string; email: string };
  readonly tenants: { id: string; name: string; role: Role; namespaces: { id: string; name: string; environment: 'live' | 'test'; createdAt: string }[] }[];
}

export interface SignUpInput {
  readonly email: string;
  readonly password: string;
  readonly tenantName: string;
  readonly remoteAddress: string;
}

/** People: how they come in, and what belongs to them. */
export class Accounts {
  constructor(
    private readonly store: AccountStore,
    private readonly hasher: PasswordHasher,
    private readonly attempts: SignInAttempts,
    private readonly clock: Clock,
  ) {}

  /**
   * A person, their tenant and its namespace "default", where they are the owner. Returns the user's id.
   * Fails with `password_too_weak`, `email_taken`, `sign_in_rate_limited` or `store_unavailable`.
   */
  async signUp({ email, password, tenantName, remoteAddress }: SignUpInput): Promise<string> {
    requireStrongPassword(password, email);
    await this.attempts.count(email, remoteAddress);
    const passwordHash = await this.hasher.hash(password);
    const nowMs = this.clock.nowMs();
    const userId = newId('user', nowMs);
    const created = await this.store.create({
      user: { id: userId, email, passwordHash },
      tenant: { id: newId('tenant', nowMs), name: tenantName },
      namespace: { id: newId('namespace', nowMs), name: 'default', environment: 'test' },
      role: 'owner',
      createdAt: new Date(nowMs),
    });
    if (!created) throw new WaybillError('email_taken');
    return userId;
  }

  /**
   * The user's id when the password fits. An unknown address takes as long as a wrong password and answers the same.
   * Fails with `credentials_wrong`, `sign_in_rate_limited` or `store_unavailable`.
   */
  async checkPassword(email: string, password: string, remoteAddress: string): Promise<string> {
    await this.attempts.count(email, remoteAddress);
    const credentials = await this.store.credentialsOf(email);
    const fits = await this.hasher.verify(credentials?.passwordHash ?? null, password);
    if (!fits || credentials === null) throw new WaybillError('credentials_wrong');
    await this.attempts.forget(email, remoteAddress);
    return credentials.userId;
  }

  /** Fails with `session_expired` when the person is gone. */
  async view(userId: string): Promise<AccountView> {
    const account = await this.store.find(userId);
    if (account === null) throw new WaybillError('session_expired');
    return viewOf(account);
  }
}

function viewOf({ user, operator, tenants }: StoredAccount): AccountView {
  return {
    user: { ...user }, operator,
    tenants: tenants.map(({ id, name, role, namespaces }) => ({
      id, name, role,
      namespaces: namespaces.map((namespace) => ({
        id: namespace.id, name: namespace.name, environment: namespace.environment, createdAt: namespace.createdAt.toISOString(),
      })),
    })),
  };
}
