import type { BodyStore } from '@waybill/body-store';
import type { BodyReferences } from '@waybill/broker';
import type { Clock, Logger, NamespaceId } from '@waybill/kernel';
import { eachNamespace } from './each-namespace.js';

export interface SweepReport extends Readonly<Record<string, number>> {
  /** Bodies whose last message is gone. */
  readonly deleted: number;
  /** Bodies that never had one, because their gateway was killed before it published. */
  readonly orphans: number;
  readonly failed: number;
}

const perStep = 100;
/** Steps in one run for one namespace; the rest waits for the next run. */
const steps = 50;
/** A body without a message is left alone so long: its publish may still be under way. */
const orphanAgeMs = 86_400_000;
const orphanEveryMs = 6 * 3_600_000;

/** Deletes bodies that no message names. Deleting is repeated without harm, so it may be killed anywhere and run twice at once. */
export class BodySweep {
  #orphansAtMs = 0;

  constructor(
    private readonly store: BodyStore,
    private readonly references: Pick<BodyReferences, 'takeFree' | 'putBack' | 'unused'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Frees what the namespaces given have let go; a few times a day it also looks for orphans of all. */
  async run(namespaces: readonly NamespaceId[]): Promise<SweepReport> {
    let deleted = 0;
    const failed = await eachNamespace('body-sweep', namespaces, this.logger, (namespaceId) => this.#free(namespaceId, () => (deleted += 1)));
    let orphans = 0;
    if (this.clock.nowMs() - this.#orphansAtMs >= orphanEveryMs) {
      orphans = await this.#deleteOrphans();
      this.#orphansAtMs = this.clock.nowMs();
    }
    return { deleted, orphans, failed };
  }

  async #free(ns: NamespaceId, onDeleted: () => void): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      const ids = await this.references.takeFree(ns, perStep);
      // One that was let go and is needed again has a count again.
      const unused = await this.references.unused(ns, ids);
      for (const [index, id] of unused.entries()) {
        try {
          await this.store.delete(id);
          onDeleted();
        } catch (error) {
          await this.references.putBack(ns, unused.slice(index));
          throw error;
        }
      }
      if (ids.length < perStep) break;
    }
  }

  async #deleteOrphans(): Promise<number> {
    let deleted = 0;
    let page: { ns: NamespaceId; ids: string[] } | undefined;
    const flush = async (): Promise<void> => {
      if (!page) return;
      for (const id of await this.references.unused(page.ns, page.ids)) {
        await this.store.delete(id);
        deleted += 1;
        this.logger.info('body.orphan_deleted', { namespaceId: page.ns, bodyId: id });
      }
      page = undefined;
    };
    for await (const id of this.store.listBefore(this.clock.nowMs() - orphanAgeMs)) {
      const ns = id.slice(0, id.indexOf('/')) as NamespaceId;
      if (page && (page.ns !== ns || page.ids.length >= perStep)) await flush();
      page ??= { ns, ids: [] };
      page.ids.push(id);
    }
    await flush();
    return deleted;
  }
}
