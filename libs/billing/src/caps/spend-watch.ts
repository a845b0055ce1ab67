import type { Caller, Clock, Logger, NamespaceId } from '@waybill/kernel';
import { isDimension, quotaDimensions } from '@waybill/metering';
import type { PricePublisher, PublishedPrice, PublishGate, PublishGateState } from '@waybill/metering';
import { exponentOf } from '../money/currency.js';
import { formatAmount, roundToCents } from '../money/amount.js';
import type { Composer } from '../invoices/composer.js';
import type { ComposedInvoice } from '../invoices/invoice.js';
import { periodAt } from '../invoices/period.js';
import type { Period } from '../invoices/period.js';
import type { TenantStore } from '../invoices/tenant.store.js';
import type { UsageSourceStore } from '../invoices/usage-source.store.js';
import type { ContractStore } from '../prices/contract.store.js';
import type { Contracts } from '../prices/contracts.js';
import type { PriceBook } from '../prices/price-book.js';
import type { PricedUsage } from '../rating/period-usage.js';
import { capSteps, gatesOf, percentOf } from './gate-policy.js';
import type { Walls } from './gate-policy.js';
import type { ProfileStore } from './profile.store.js';
import { shareQuota } from './quota-shares.js';
import type { Units } from './quota-shares.js';
import type { TenantTurns } from './tenant-turns.store.js';
import { eachTenant } from '../tenants/each-tenant.js';
import { systemCaller } from '../tenants/system-caller.js';

export interface WatchParts {
  readonly composer: Composer;
  readonly contracts: Contracts;
  readonly contractStore: ContractStore;
  readonly profiles: ProfileStore;
  readonly tenants: TenantStore;
  readonly gate: Pick<PublishGate, 'set' | 'quota'>;
  readonly turns: TenantTurns;
  readonly prices: Pick<PricePublisher, 'publish'>;
  readonly source: Pick<UsageSourceStore, 'blocked'>;
}

/** Looks back a little further than the last look, so that nothing booked meanwhile is missed. */
const overlapMs = 60_000;
const tenantsPerPage = 200;
const monthEdgeMs = 60_000;
const lookMs = 10_000;
/** Who was refused keeps what it was given so long: it may call again. */
const askingMs = 600_000;

/** Every ten seconds: what moved, what it costs, who is stopped and who goes on (billing.md §6). */
export class SpendWatch {
  /** Price book of the newest price published here, by namespace. */
  readonly #priced = new Map<string, string>();
  /** By namespace: refused messages of the month as of the last look, and when there were more than before. */
  readonly #blocked = new Map<string, { readonly units: bigint; readonly askedMs: number }>();
  #lookedMs: number | undefined;

  constructor(
    private readonly parts: WatchParts,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Tenants with usage since the last look, and those that are stopped; all of them the first time. */
  async run(): Promise<{ looked: number; changed: number; failed: number }> {
    const nowMs = this.clock.nowMs();
    const sinceMs = this.#lookedMs === undefined ? null : this.#lookedMs - overlapMs;
    let changed = 0;
    const { tenants: looked, failed } = await eachTenant(
      {
        perPage: tenantsPerPage,
        read: (after, limit) => (sinceMs === null ? this.parts.tenants.all(after, limit) : this.parts.tenants.moving(sinceMs, after, limit)),
        failed: (tenantId, error) => this.logger.error('spend.watch_failed', { tenantId, error }),
      },
      async (tenantId) => {
        changed += await this.look(systemCaller(tenantId, 'spend-watch'));
      },
    );
    if (failed === 0) this.#lookedMs = nowMs;
    return { looked, changed, failed };
  }

  /** One tenant now; also called when its cap, plan or payment changed. Returns how many gates changed. */
  async look(caller: Caller): Promise<number> {
    const period = periodAt(this.clock.nowMs());
    const walls = await this.walls(caller);
    const noted = await this.parts.profiles.gates(caller);
    let changed = 0;
    const gates = gatesOf(walls);
    if (gates.size > 1) changed += await this.#share(caller, walls, gates, noted);
    for (const [namespaceId, gate] of gates) {
      if (gates.size > 1 && gate.kind === 'quota') continue;
      const before = noted.get(namespaceId);
      if (before === undefined ? gate.kind === 'open' : sameGate(before, gate)) continue;
      await this.parts.gate.set(namespaceId as NamespaceId, gate);
      this.logger.info('publish_gate.changed', { tenantId: caller.tenantId, namespaceId, gate: gate.kind, spentCents: String(walls.spentCents) });
      changed += 1;
    }
    await this.#prices(caller, period, walls);
    await this.#notices(caller, period, walls);
    return changed;
  }

  /** One at a time for each tenant: who does not get the turn leaves it to who has it. */
  async #share(caller: Caller, { quotas, namespaces }: Walls, gates: ReadonlyMap<string, PublishGateState>, noted: ReadonlyMap<string, string>): Promise<number> {
    if (quotas === null || ![...gates.values()].some(({ kind }) => kind === 'quota')) return 0;
    const nowMs = this.clock.nowMs();
    const units = (of: ReadonlyMap<string, bigint>): Units => Object.fromEntries(quotaDimensions.flatMap((dimension) => (of.has(dimension) ? [[dimension, of.get(dimension)!]] : [])));
    const asking = await this.#asking(caller);
    const sharers = namespaces.map(({ id, used }) => ({ id: id as NamespaceId, noted: notedLimits(noted.get(id)), ledger: units(used), closed: gates.get(id)!.kind !== 'quota', asking: asking.has(id) }));
    // Clocks that differ do not agree which month it is; who has limits keeps them so long.
    if (nowMs - periodAt(nowMs).startMs < monthEdgeMs && sharers.every(({ noted: limits }) => limits !== null)) return 0;
    const changed = await this.parts.turns.take(caller.tenantId, 'quota', () => shareQuota(this.parts.gate, units(quotas), sharers, Math.floor(nowMs / lookMs)));
    if (changed) this.logger.info('publish_gate.quota_shared', { tenantId: caller.tenantId, changed });
    return changed ?? 0;
  }

  /** Namespaces that were refused lately, as far as this process has seen; nobody at its first look. */
  async #asking(caller: Caller): Promise<ReadonlySet<string>> {
    const blocked = await this.parts.source.blocked(caller, periodAt(this.clock.nowMs()));
    const asking = new Set<string>();
    for (const [id, units] of blocked) {
      const before = this.#blocked.get(id) ?? { units, askedMs: -Infinity };
      const askedMs = units > before.units ? this.clock.nowMs() : before.askedMs;
      this.#blocked.set(id, { units, askedMs });
      if (this.clock.nowMs() - askedMs < askingMs) asking.add(id);
    }
    return asking;
  }

  /** What receipts say a publish costs: the contract's prices, before free tiers. */
  async #prices(caller: Caller, period: Period, { namespaces }: Walls): Promise<void> {
    const { book } = await this.parts.contracts.of(caller, period);
    const missing = namespaces.filter(({ id }) => this.#priced.get(id) !== book.id);
    for (const { id } of missing) {
      await this.parts.prices.publish(id as NamespaceId, publishedPrice(book));
      this.#priced.set(id, book.id);
    }
  }

  /** What decides now, from the ledger as it is. */
  async walls(caller: Caller): Promise<Walls> {
    const period = periodAt(this.clock.nowMs());
    const { composer, contracts, contractStore, profiles } = this.parts;
    const [{ composed, usage }, contract, profile, namespaces] = [await composer.composeWithUsage(caller, period), await contracts.of(caller, period), await profiles.read(caller), await contractStore.namespaces(caller)];
    const [spent, used] = [spentByNamespace(composed), usedByNamespace(usage)];
    return {
      spentCents: composed.subtotalCents, capCents: profile.capCents === undefined ? contract.plan.defaultCapCents : profile.capCents, quotas: contract.plan.quotas, dunningDay: profile.dunningDay,
      namespaces: namespaces.map(({ id }) => ({ id, spentCents: roundToCents(spent.get(id) ?? 0n), capCents: profile.namespaceCaps.get(id) ?? null, used: used.get(id) ?? new Map() })),
    };
  }

  /** Each threshold of each cap once a period: noted before it is sent, so that two who look send one. */
  async #notices(caller: Caller, period: Period, walls: Walls): Promise<void> {
    const caps = [{ scope: 'cap', capCents: walls.capCents, spentCents: walls.spentCents }, ...walls.namespaces.map(({ id, capCents, spentCents }) => ({ scope: `cap:${id}`, capCents, spentCents }))];
    for (const { scope, capCents, spentCents } of caps) {
      if (capCents === null) continue;
      for (const step of capSteps) {
        if (percentOf(spentCents, capCents) < step) continue;
        const { book } = await this.parts.contracts.of(caller, period);
        const money = (cents: bigint) => `${formatAmount(cents, book.currency)} ${book.currency}`;
        const what = scope === 'cap' ? 'the spend cap' : `the cap of namespace ${scope.slice(4)}`;
        const stops = step === 100 ? ' Publishing is refused with spend_cap_reached until the cap is raised or the next month begins; consuming goes on, and queues that exist go on to cost their minutes.' : '';
        const mail = { subject: `Waybill: ${step} % of ${what} is spent`, text: `${money(spentCents)} of ${money(capCents)} in ${period.name}.${stops}`, about: 'spend_cap' } as const;
        await this.parts.profiles.noteOnce(caller, period, { scope, step, mail }, this.clock.nowMs());
      }
    }
  }
}

/** Limits of a gate as it is noted; null for another kind. */
function notedLimits(gate: string | undefined): Units | null {
  const { kind, limits = {} } = JSON.parse(gate ?? '{}') as { kind?: string; limits?: Record<string, string> };
  return kind === 'quota' ? Object.fromEntries(Object.entries(limits).map(([dimension, text]) => [dimension, BigInt(text)])) : null;
}

function publishedPrice({ currency, prices }: PriceBook): PublishedPrice {
  const units = prices.flatMap(({ dimension, cause, tiers }) => {
    const first = tiers.find(({ unitE12 }) => unitE12 > 0n);
    return first === undefined || cause !== '' || !isDimension(dimension) ? [] : [[dimension, String(first.unitE12)]];
  });
  return { currency, minorDigits: exponentOf(currency), unitPriceE12: Object.fromEntries(units) as PublishedPrice['unitPriceE12'] };
}

/** 10^-12 of a cent. */
function spentByNamespace({ lines }: ComposedInvoice): ReadonlyMap<string, bigint> {
  const spent = new Map<string, bigint>();
  for (const { kind, subLines } of lines) {
    if (kind === 'usage') for (const { namespaceId, amountE12 } of subLines) spent.set(namespaceId, (spent.get(namespaceId) ?? 0n) + amountE12);
  }
  return spent;
}

/** Units by dimension. */
function usedByNamespace(usage: readonly PricedUsage[]): ReadonlyMap<string, ReadonlyMap<string, bigint>> {
  const used = new Map<string, Map<string, bigint>>();
  for (const { price, parts } of usage) {
    for (const { namespaceId, quantity } of parts) {
      const of = used.get(namespaceId) ?? new Map<string, bigint>();
      used.set(namespaceId, of.set(price.dimension, (of.get(price.dimension) ?? 0n) + quantity));
    }
  }
  return used;
}

function sameGate(noted: string, gate: PublishGateState): boolean {
  const before = JSON.parse(noted) as { kind: string; limits?: Record<string, string> };
  const limits = 'limits' in gate ? gate.limits : {};
  const keys = new Set([...Object.keys(before.limits ?? {}), ...Object.keys(limits)]);
  return before.kind === gate.kind && [...keys].every((key) => before.limits?.[key] === limits[key as keyof typeof limits]);
}
