/** Bytes of messages that weigh as much as a call. */
const bytesPerUnit = 65_536;

/** Who asks for a share of the process's calls. */
export interface ShareHolder {
  readonly tenantId: string;
  readonly subscriptionId: string;
  /** A share may be free now. */
  retry(): void;
}

/**
 * Calls under way in this process, weighed with their bytes. A tenant, and a subscription inside it, may hold as much as is
 * still free (Choudhury and Hahne, dynamic queue length thresholds): so whoever comes later finds room, however many calls
 * hang, and who is alone gets half of it all.
 */
export class CallShares {
  #used = 0;
  readonly #byTenant = new Map<string, number>();
  readonly #bySubscription = new Map<string, number>();
  readonly #waiting = new Set<ShareHolder>();

  constructor(private readonly units: number) {}

  get used(): number {
    return this.#used;
  }

  static weightOf(bytes: number): number {
    return 1 + Math.floor(bytes / bytesPerUnit);
  }

  /** False: not now; the holder is told when it is worth asking again. A holder that has nothing always gets its first share. */
  take(holder: ShareHolder, weight: number): boolean {
    const ofTenant = this.#byTenant.get(holder.tenantId) ?? 0;
    const ofSubscription = this.#bySubscription.get(holder.subscriptionId) ?? 0;
    const free = this.units - this.#used;
    if (ofSubscription > 0 && (ofTenant + weight > free || ofSubscription + weight > free)) {
      this.#waiting.add(holder);
      return false;
    }
    this.#used += weight;
    this.#byTenant.set(holder.tenantId, ofTenant + weight);
    this.#bySubscription.set(holder.subscriptionId, ofSubscription + weight);
    return true;
  }

  give(holder: ShareHolder, weight: number): void {
    this.#used -= weight;
    less(this.#byTenant, holder.tenantId, weight);
    less(this.#bySubscription, holder.subscriptionId, weight);
    // One after the other, in the order in which they were refused; one that is refused again goes to the end.
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next.retry();
  }

  leave(holder: ShareHolder): void {
    this.#waiting.delete(holder);
  }
}

function less(shares: Map<string, number>, key: string, weight: number): void {
  const left = (shares.get(key) ?? 0) - weight;
  if (left > 0) shares.set(key, left);
  else shares.delete(key);
}
