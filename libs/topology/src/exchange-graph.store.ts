import type { Transaction } from '@waybill/database';
import { WaybillError } from '@waybill/kernel';
import type { Edge } from './loops.js';
import { exchangesLeadingTo } from './loops.js';
import type { Scope } from './namespace.store.js';

/**
 * Fails with `binding_loop` when a message could come back to `source` once it leads to the targets. Bindings and
 * alternates count alike: which of them a message takes is not known before it comes.
 */
export async function requireNoLoop(tx: Transaction, scope: Scope, source: string, targets: readonly string[]): Promise<void> {
  if (targets.length === 0) return;
  const edges = await tx.$queryRaw<Edge[]>`
    SELECT DISTINCT source, destination FROM bindings
    WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId} AND destination_kind = 'exchange'
    UNION
    SELECT name, alternate FROM exchanges
    WHERE tenant_id = ${scope.tenantId} AND namespace_id = ${scope.namespaceId} AND alternate IS NOT NULL`;
  const upstream = exchangesLeadingTo(source, edges);
  const destination = targets.find((target) => upstream.has(target));
  if (destination !== undefined) throw new WaybillError('binding_loop', { source, destination });
}
