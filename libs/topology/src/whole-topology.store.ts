import type { Database, Transaction } from '@waybill/database';
import type { NamespaceId } from '@waybill/kernel';
import { bindingDefinition } from './binding-rule.js';
import type { BindingRow } from './binding.store.js';
import { bindingOfRow } from './binding.store.js';
import { exchangeDefinition } from './exchange-settings.js';
import { queueDefinition } from './queue-definition.js';
import type { SnapshotStep } from './snapshot-step.js';

export interface WholeTopology {
  readonly version: bigint;
  /** A `put` per definition, and the settings that are not as usual. */
  readonly steps: readonly SnapshotStep[];
}

const pageRows = 10_000;

/** Everything a namespace defines, for a rebuild of its snapshot. */
export class WholeTopologyStore {
  constructor(private readonly database: Database) {}

  /**
   * All definitions at one version: the lock keeps changes out while the pages are read. A snapshot that is ahead
   * of the definitions means PostgreSQL was restored from a backup; it owns them, so its state becomes the version
   * after the one in force, and gateways only ever move forward. Null when the namespace does not exist.
   */
  read(namespaceId: NamespaceId, inForce: bigint | null): Promise<WholeTopology | null> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.$queryRaw<{ tenant_id: string; topology_version: bigint; message_log: boolean }[]>`
        SELECT tenant_id, topology_version, message_log FROM namespaces WHERE id = ${namespaceId} FOR NO KEY UPDATE`;
      const row = rows[0];
      if (!row) return null;
      const scope = { tenantId: row.tenant_id, namespaceId };
      const ahead = inForce !== null && inForce > row.topology_version;
      const version = ahead ? inForce + 1n : row.topology_version;
      if (ahead) await tx.namespace.update({ where: { id: namespaceId }, data: { topologyVersion: version } });
      const exchanges = await tx.exchange.findMany({ where: scope });
      const queues = await tx.queue.findMany({ where: scope });
      return {
        version,
        steps: [
          ...(row.message_log ? [] : [{ messageLog: false }]),
          ...exchanges.map((exchange): SnapshotStep => ({ put: 'exchange', exchange: exchangeDefinition(exchange) })),
          ...queues.map((queue): SnapshotStep => ({ put: 'queue', queue: queueDefinition(queue) })),
          ...(await readBindings(tx, scope)).map((binding): SnapshotStep => ({ put: 'binding', binding: bindingDefinition(bindingOfRow(binding)) })),
        ],
      };
    });
  }
}

async function readBindings(tx: Transaction, scope: { tenantId: string; namespaceId: string }): Promise<BindingRow[]> {
  const all: BindingRow[] = [];
  for (;;) {
    const page = await tx.binding.findMany({ where: { ...scope, id: { gt: all.at(-1)?.id ?? '' } }, orderBy: { id: 'asc' }, take: pageRows });
    all.push(...page);
    if (page.length < pageRows) return all;
  }
}
