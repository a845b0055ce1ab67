import type { Caller, NamespaceId, TenantId } from '@waybill/kernel';
import type { DigestOfMessages } from './message-digest.js';

/** One hour of one namespace. */
export interface FactHour {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  /** First millisecond. */
  readonly hourMs: number;
}

export const hourMs = 3_600_000;

/**
 * Whether an hour of a dimension can be counted again. `behind`: not all that it is counted from is stored. `open`: the
 * ledger has not booked the hour yet. `log_off`: the namespace kept no log. `expired`: it was counted again when the hour was
 * sealed, and what it was counted from is gone. `not_kept`: the hour is from before the dimension was counted, or from before
 * what it is counted from was kept.
 */
export type RecountState = 'counted' | 'behind' | 'open' | 'log_off' | 'expired' | 'not_kept';

/** What the facts of an hour add up to. */
export interface FactCount {
  readonly state: RecountState;
  /** `<dimension>|<cause>|<resource id>` to units, as the ledger has its records. */
  readonly units: ReadonlyMap<string, bigint>;
  /** Dimensions of another state than the rest. */
  readonly except?: ReadonlyMap<string, RecountState>;
  /** Of the log: the messages accepted in the hour. */
  readonly digest?: DigestOfMessages;
}

interface Row {
  readonly id: string;
  readonly atMs: number;
  readonly units: bigint;
  readonly cause: string;
}

/** One message behind an hour of a queue or exchange; never its body. */
export interface MessageFact extends Row {
  readonly kind: 'message';
  readonly bytes: number | null;
  /** Routing key; null for a message that died. */
  readonly key: string | null;
  /** Ids of the exchanges passed and the queues reached. */
  readonly exchanges: readonly string[];
  readonly queues: readonly string[];
  /** Id of the key or person it was published with; null when unknown. */
  readonly publishedBy: string | null;
}

/** A first hand-out of a copy; its id is that of the message, its units are KiB. */
export interface DeliveryFact extends Row {
  readonly kind: 'delivery';
  /** Who took it; null when it gave no name. */
  readonly holder: string | null;
}

/** A call to a destination; counted at `atMs`, when its outcome was settled. */
export interface AttemptFact extends Row {
  readonly kind: 'attempt';
  readonly messageId: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: string;
  readonly status: number | null;
  readonly reason: string | null;
  readonly messages: number;
  /** Kind and host of the subscription as it is now; null when it is gone. */
  readonly destination: string | null;
}

/** How long a queue or exchange existed; `atMs` is the first moment of the hour that its minutes count from. */
export interface LifetimeFact extends Row {
  readonly kind: 'lifetime';
  readonly name: string;
  readonly bornMs: number;
  readonly goneMs: number | null;
}

/** What was measured at the end of the hour. */
export interface SampleFact extends Row {
  readonly kind: 'sample';
  readonly bytes: bigint;
}

export type Fact = MessageFact | DeliveryFact | AttemptFact | LifetimeFact | SampleFact;

export interface FactPlace {
  readonly namespaceId: NamespaceId;
  readonly resourceId: string;
  readonly dimension: string;
  /** First millisecond. */
  readonly hourMs: number;
}

export interface FactPage {
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface FactRows {
  readonly items: readonly Fact[];
  readonly next: string | null;
}

/** Something that is kept beside the ledger, from which dimensions are counted a second time. Another tenant's namespace has nothing in it. */
export interface FactSource {
  readonly dimensions: readonly string[];
  count(hour: FactHour): Promise<FactCount>;
  /** Whether anything is kept for it now. */
  keeps(hour: FactHour): Promise<boolean>;
  /** The facts of one resource, in a fixed order. Fails with `page_token_invalid`. */
  rows(caller: Caller, place: FactPlace, page: FactPage): Promise<FactRows>;
}

/** An hour counted again from everything that is kept of it. */
export interface Recount {
  readonly units: ReadonlyMap<string, bigint>;
  /** By dimension. */
  readonly states: ReadonlyMap<string, RecountState>;
  readonly digest: DigestOfMessages;
}

/** By dimension: the hour from which on it is whole and can be counted again (usage_recounts). */
export interface Since {
  since(): Promise<ReadonlyMap<string, number>>;
}

/** All sources as one. */
export class Facts {
  constructor(
    private readonly sources: readonly FactSource[],
    private readonly kept: Since,
  ) {}

  /** Undefined for what nothing is kept of: diagnostics. */
  sourceOf(dimension: string): FactSource | undefined {
    return this.sources.find(({ dimensions }) => dimensions.includes(dimension));
  }

  since(): Promise<ReadonlyMap<string, number>> {
    return this.kept.since();
  }

  async count(hour: FactHour): Promise<Recount> {
    const since = await this.kept.since();
    const counts = await Promise.all(this.sources.map((source) => source.count(hour)));
    const units = new Map<string, bigint>();
    const states = new Map<string, RecountState>();
    for (const [i, count] of counts.entries()) {
      for (const [field, amount] of count.units) units.set(field, amount);
      for (const dimension of this.sources[i]!.dimensions) {
        const kept = hour.hourMs >= (since.get(dimension) ?? Infinity);
        states.set(dimension, kept ? (count.except?.get(dimension) ?? count.state) : 'not_kept');
      }
    }
    const digest = counts.find((count) => count.digest !== undefined)?.digest;
    if (digest === undefined) throw new Error('nothing that is counted again has messages');
    return { units, states, digest };
  }
}
