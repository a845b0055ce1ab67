import type { NamespaceId } from '@waybill/kernel';
import type { Redis } from 'ioredis';
import { Script } from '../redis/script.store.js';
import type { QuotaState, WrittenTerms } from './publish-terms.js';
import { quotaDimensions } from './publish-terms.js';

const termsScript = new Script('./terms.lua');

/** Where the terms lie: `keys` of the broker fits. */
export interface TermsKeys {
  topology(namespaceId: NamespaceId): string;
}

/** The copy of the terms that gateways and scripts read, in the topology hash of the namespace. */
export class TermsCopyStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: TermsKeys,
  ) {}

  /** Changes whenever the server restarts or another one takes over: only then can the copy get lost. */
  async serverRun(): Promise<string> {
    const run = /^run_id:(\w+)/m.exec(await this.redis.info('server'))?.[1];
    if (run === undefined) throw new Error('INFO server has no run_id');
    return run;
  }

  /** `used`: where a quota begins when Redis counts none yet, as `terms.lua` wants it. */
  async write(namespaceId: NamespaceId, version: bigint, { price, gate, limits }: WrittenTerms, used: string): Promise<'written' | 'superseded'> {
    const [outcome] = await termsScript.run(this.redis, [this.keys.topology(namespaceId)], [String(version), price, gate, limits, used]);
    return outcome as 'written' | 'superseded';
  }

  /** `month`: year * 12 + month; what was used in one before it is over. */
  async quota(namespaceId: NamespaceId, month: number): Promise<QuotaState> {
    const [gate, limits, used] = await this.redis.hmget(this.keys.topology(namespaceId), 'gate', 'limits', 'used');
    const [counted, ...units] = (used ?? '0').split(' ');
    return {
      limits: gate === 'quota' && typeof limits === 'string' ? unitsOf(limits.split(' ')) : null,
      used: Number(counted) >= month ? unitsOf(units) : {},
    };
  }

  /** The fields as they lie there; null for those that do not. */
  async read(namespaceId: NamespaceId): Promise<{ version: string | null; price: string | null; gate: string | null; used: string | null }> {
    const [version = null, price = null, gate = null, used = null] = await this.redis.hmget(this.keys.topology(namespaceId), 'terms', 'price', 'gate', 'used');
    return { version, price, gate, used };
  }
}

/** '-': no limit. */
function unitsOf(texts: readonly string[]): QuotaState['used'] {
  return Object.fromEntries(quotaDimensions.flatMap((dimension, i) => (texts[i] === undefined || texts[i] === '-' ? [] : [[dimension, BigInt(texts[i])]])));
}
