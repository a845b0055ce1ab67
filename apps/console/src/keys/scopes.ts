import type { ApiKey } from '@waybill/contracts';

export type Scope = ApiKey['scopes'][number];

/** What a scope allows, in the order most people need them. */
export const scopeWords: readonly { readonly scope: Scope; readonly label: string; readonly description: string }[] = [
  { scope: 'publish', label: 'Publish', description: 'Send messages to exchanges and queues.' },
  { scope: 'consume', label: 'Consume', description: 'Receive and settle messages, and read queue figures.' },
  { scope: 'manage', label: 'Manage', description: 'Create, change and delete exchanges, queues and bindings, purge queues and read usage. It never reaches keys.' },
];
