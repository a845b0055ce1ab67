import type { Database } from '@waybill/database';
import { systemClock } from '@waybill/kernel';
import type { Clock, Logger } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { ApiKeyStore } from './keys/api-key.store.js';
import { ApiKeys } from './keys/api-keys.js';
import { KeyDirectory } from './keys/key-directory.js';
import { KeyPublisher } from './keys/key-publisher.js';
import { KeyChangeFeed, PublishedKeyStore } from './keys/published-key.store.js';
import { AccountStore } from './people/account.store.js';
import { Accounts } from './people/accounts.js';
import { PasswordHasher } from './people/password-hasher.js';
import { SessionStore } from './people/session.store.js';
import { Sessions } from './people/sessions.js';
import { SignInAttempts } from './people/sign-in-attempts.store.js';
import { NamespaceStore } from './tenancy/namespace.store.js';
import { Namespaces } from './tenancy/namespaces.js';

export interface Identity {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly namespaces: Namespaces;
  readonly apiKeys: ApiKeys;
  readonly keyPublisher: KeyPublisher;
  /** Call before the first sign-in: until then the first unknown address would take longer than the others. */
  prepare(): Promise<void>;
}

/** The room on its two stores, which stay the caller's to close. */
export function openIdentity({ database, redis, logger, clock = systemClock }: { database: Database; redis: Redis; logger: Logger; clock?: Clock }): Identity {
  const namespaceStore = new NamespaceStore(database);
  const namespaces = new Namespaces(namespaceStore);
  const keyStore = new ApiKeyStore(database);
  const hasher = new PasswordHasher();
  const keyPublisher = new KeyPublisher(keyStore, new PublishedKeyStore(redis), clock, logger);
  return {
    namespaces,
    keyPublisher,
    prepare: () => hasher.warmUp(),
    accounts: new Accounts(new AccountStore(database), hasher, new SignInAttempts(redis), clock),
    sessions: new Sessions(new SessionStore(database), namespaceStore, clock),
    apiKeys: new ApiKeys(namespaces, keyStore, keyPublisher, clock),
  };
}

/** The gateways' side: needs Redis only. `subscriber` is a connection that does nothing but subscribe. */
export async function openKeyDirectory({ redis, subscriber, clock = systemClock }: { redis: Redis; subscriber: Redis; clock?: Clock }): Promise<KeyDirectory> {
  const directory = new KeyDirectory(new PublishedKeyStore(redis), clock);
  await directory.follow(new KeyChangeFeed(subscriber));
  return directory;
}
