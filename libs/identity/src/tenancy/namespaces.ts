import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import type { Namespace, NamespaceStore } from './namespace.store.js';

export class Namespaces {
  constructor(private readonly store: NamespaceStore) {}

  /**
   * The namespace, when it belongs to the caller's tenant and, for a key, is the key's own. Everything else fails
   * with `namespace_not_found`, so that a foreign id and an absent one cannot be told apart.
   */
  async open(caller: Caller, namespaceId: string): Promise<Namespace> {
    if (caller.namespaceId !== null && caller.namespaceId !== namespaceId) throw new WaybillError('namespace_not_found');
    const namespace = await this.store.find(caller, namespaceId);
    if (namespace === null) throw new WaybillError('namespace_not_found');
    return namespace;
  }
}
