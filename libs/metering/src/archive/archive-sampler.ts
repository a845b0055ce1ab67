import type { NamespaceId } from '@waybill/kernel';
import { hourMs } from '../usage-field.js';
import type { ArchiveSample, ArchiveSampleStore } from './archive-sample.store.js';
import type { RetainedBytesStore } from './retained-bytes.store.js';

interface Owner {
  readonly tenantId: string;
  readonly namespaceId: string;
}

/** Where the ids of the queues that exist come from. */
export interface Queues {
  queues(of: Owner): Promise<string[]>;
}

/** Measures what a namespace keeps at the ends of hours, and keeps what it measured. */
export class ArchiveSampler {
  constructor(
    private readonly retained: Pick<RetainedBytesStore, 'nowMs' | 'sample'>,
    private readonly lifetimes: Queues,
    private readonly samples: Pick<ArchiveSampleStore, 'keep'>,
  ) {}

  /** By the clock of Redis. */
  nowMs(): Promise<number> {
    return this.retained.nowMs();
  }

  /** The sample of each hour of a range that has one, oldest first: the one that is kept, else one that is taken now. */
  async *take(of: Owner, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): AsyncGenerator<ArchiveSample> {
    const sampledAtMs = await this.nowMs();
    const bytes = await this.retained.sample(of.namespaceId as NamespaceId, await this.lifetimes.queues(of));
    for (let startMs = fromMs; startMs < toMs; startMs += hourMs) {
      const kept = await this.samples.keep({ ...of, hourMs: startMs }, { sampledAtMs, bytes });
      if (kept !== null) yield kept;
    }
  }
}
