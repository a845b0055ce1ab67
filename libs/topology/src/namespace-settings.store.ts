import type { Database } from '@waybill/database';
import type { Caller } from '@waybill/kernel';
import type { Committed } from './namespace.store.js';
import { changeNamespace } from './namespace.store.js';

/** Settings of a namespace that the broker obeys, in PostgreSQL. Every method fails with `namespace_not_found`. */
export class NamespaceSettingsStore {
  constructor(private readonly database: Database) {}

  setMessageLog(caller: Caller, namespaceId: string, on: boolean): Promise<Committed<undefined>> {
    return changeNamespace(this.database, caller, namespaceId, async (tx, scope) => {
      const { count } = await tx.namespace.updateMany({ where: { id: scope.namespaceId, messageLog: !on }, data: { messageLog: on } });
      return { result: undefined, steps: count === 0 ? [] : [{ messageLog: on }] };
    });
  }
}
