import type { Billing, Contract, TenantDeletion } from '@waybill/billing';
import { capSteps, deletionAtMs, dunningStops, meterText, nextPeriod, overshootE12, parsePeriod, parseQuantity, percentOf, periodAt, planOf, plans, previousPeriod, roundToCents, stopReason } from '@waybill/billing';
import type { BillingView as BillingReply, Body, calculatePrice, getCap, getCost, getCredits, listPlans, Parsed, previewInvoice, putCap, Reply, whatIf } from '@waybill/contracts';
import type { Caller, TenantId } from '@waybill/kernel';
import { composedView, grantView, iso, planView, resourceView } from './invoice-reply.js';

/** How often a cap is looked at, seconds; with the rate limit the bound of what is spent above it. */
const lookSeconds = 10;

/** What a tenant sees of its plan, cost, cap and credit. */
export class BillingView {
  constructor(
    private readonly billing: Billing,
    /** Messages per second and namespace that are let through; null: no limit. */
    private readonly publishesPerSecond: number | null,
    /** How a tenant pays by card; null: no card can be given here. */
    private readonly card: (tenantId: TenantId) => Promise<BillingReply['card']>,
  ) {}

  async overview(caller: Caller): Promise<BillingReply> {
    const { contracts, profiles, watch, tenants, mode, deletionStore } = this.billing;
    const period = this.#now();
    const [contract, next, profile, walls] = [await contracts.of(caller, period), await contracts.waiting(caller), await profiles.read(caller), await watch.walls(caller)];
    const deletion = await deletionStore.newest(caller.tenantId);
    const reason = walls.namespaces.map((namespace) => stopReason(walls, namespace)).find((each) => each !== 'none') ?? 'none';
    // A tenant that never chose has had its plan from the beginning.
    const sinceMs = contract.startsAtMs === 0 ? await tenants.createdAtMs(caller.tenantId) : contract.startsAtMs;
    return {
      mode, card: await this.card(caller.tenantId), currency: contract.book.currency, plan: planView(contract.plan, contract.book), priceBookVersion: contract.book.version, since: iso(sinceMs),
      next: next === null ? null : { plan: next.plan, startsAt: iso(next.startsAtMs) }, period: period.name, periodEnd: iso(period.endMs), publishing: { allowed: reason === 'none', reason },
      dunning: profile.dunningDay === null || profile.overdueSinceMs === null ? null : dunningView(profile.dunningDay, profile.overdueSinceMs, deletion),
      deletion: deletion === null ? null : deletionNotice(deletion),
      billingEmail: profile.billingEmail, paymentTermsDays: contract.paymentTermsDays, purchaseOrder: contract.purchaseOrder,
    };
  }

  async plans(): Promise<Reply<typeof listPlans>> {
    return { items: await Promise.all(plans.map(async (plan) => planView(plan, await this.billing.books.newest(plan.priceBook)))) };
  }

  async changePlan(caller: Caller, plan: string): Promise<BillingReply> {
    await this.billing.contracts.change(caller, plan);
    return this.overview(caller);
  }

  async changeEmail(caller: Caller, email: string | null): Promise<BillingReply> {
    await this.billing.profiles.setEmail(caller, email);
    return this.overview(caller);
  }

  async cap(caller: Caller): Promise<Reply<typeof getCap>> {
    const { contracts, profiles, watch } = this.billing;
    const period = this.#now();
    const [walls, notices, contract] = [await watch.walls(caller), await profiles.notices(caller, period), await contracts.of(caller, period)];
    return {
      cap: { capCents: text(walls.capCents), namespaces: walls.namespaces.flatMap(({ id, capCents }) => (capCents === null ? [] : [{ namespace: id, capCents: String(capCents) }])) },
      currency: contract.book.currency, spentCents: String(walls.spentCents), percent: walls.capCents === null ? null : percentOf(walls.spentCents, walls.capCents),
      notices: notices.filter(({ scope, step }) => scope.startsWith('cap') && capSteps.some((each) => each === step)).map(({ scope, step, sentAtMs }) => ({ scope, percent: step, sentAt: iso(sentAtMs) })),
      overshootCents: this.#overshoot(contract),
    };
  }

  async setCap(caller: Caller, { capCents, namespaces }: Body<typeof putCap>): Promise<Reply<typeof putCap>> {
    await this.billing.profiles.setCaps(caller, capCents === null ? null : BigInt(capCents), new Map(namespaces.map((each) => [each.namespace, BigInt(each.capCents)])));
    await this.billing.watch.look(caller);
    return { capCents, namespaces };
  }

  async cost(caller: Caller): Promise<Reply<typeof getCost>> {
    const { composed, forecastCents, days, resources } = await this.billing.costs.read(caller);
    const [walls, available] = [await this.billing.watch.walls(caller), await this.billing.credits.available(caller, composed.currency)];
    const names = await this.billing.source.names(caller, resources.map(({ resourceId }) => resourceId));
    const { book } = await this.billing.contracts.of(caller, composed.period);
    const freeLeft = (dimension: string, used: bigint): bigint => {
      const first = book.prices.find((price) => price.dimension === dimension)?.tiers[0];
      return first !== undefined && first.unitE12 === 0n && first.upTo !== null && first.upTo > used ? first.upTo - used : 0n;
    };
    return {
      period: composed.period.name, asOf: iso(this.billing.clock.nowMs()), currency: composed.currency, soFarCents: String(composed.subtotalCents), forecastCents: String(forecastCents), capCents: text(walls.capCents),
      creditCents: String(available.reduce((sum, { remainingCents }) => sum + remainingCents, 0n)),
      dimensions: composed.lines.filter(({ kind }) => kind === 'usage').map(({ dimension, quantity, amountCents, amountE12 }) => ({
        dimension: dimension!, ...meterText(dimension!), quantity: String(quantity), freeLeft: String(freeLeft(dimension!, quantity)), amountCents: String(amountCents), amountE12: String(amountE12),
      })),
      resources: resources.map(({ namespaceId, resourceId, amountE12 }) => ({ namespaceId, namespace: names.get(namespaceId)?.name ?? null, ...resourceView(resourceId, names), amountE12: String(amountE12) })),
      days: days.map(({ day, amountE12 }) => ({ day, amountE12: String(amountE12) })),
    };
  }

  async preview(caller: Caller): Promise<Reply<typeof previewInvoice>> {
    return this.#composed(caller, this.#now());
  }

  async whatIf(caller: Caller, { plan, period }: Parsed<typeof whatIf>['query']): Promise<Reply<typeof whatIf>> {
    const of = period === undefined ? previousPeriod(this.#now()) : parsePeriod(period, this.billing.clock.nowMs());
    const [actual, other] = [await this.#composed(caller, of, await this.billing.contracts.of(caller, of)), await this.#composed(caller, of, await this.#contractOn(plan))];
    return { actual, other, differenceCents: String(BigInt(other.subtotalCents) - BigInt(actual.subtotalCents)) };
  }

  async calculate(caller: Caller, { plan, quantities }: Body<typeof calculatePrice>): Promise<Reply<typeof calculatePrice>> {
    const given = Object.entries(quantities).map(([dimension, quantity]) => [dimension, parseQuantity(dimension, quantity)] as const);
    const { currency, lines, subtotalCents } = composedView(this.billing.composer.estimate(caller, await this.#contractOn(plan), given, this.billing.clock.nowMs()), 0, Infinity);
    return { currency, lines, subtotalCents };
  }

  async credits(caller: Caller): Promise<Reply<typeof getCredits>> {
    const { credits, composer, profiles } = this.billing;
    const composed = await composer.compose(caller, this.#now());
    const [grants, available, { topUp }] = [await credits.list(caller), await credits.available(caller, composed.currency), await profiles.read(caller)];
    const balanceCents = available.reduce((sum, { remainingCents }) => sum + remainingCents, 0n);
    return {
      currency: composed.currency, balanceCents: String(balanceCents), afterOpenPeriodCents: String(balanceCents - composed.creditCents), items: grants.map(grantView),
      topUp: topUp === null ? null : { amountCents: String(topUp.amountCents), belowCents: String(topUp.belowCents), monthlyCeilingCents: String(topUp.monthlyCeilingCents), coolDownHours: topUp.coolDownHours },
    };
  }

  async #composed(caller: Caller, period: ReturnType<typeof periodAt>, on?: Contract): Promise<Reply<typeof previewInvoice>> {
    const composed = await this.billing.composer.compose(caller, period, on);
    return composedView(composed, this.billing.clock.nowMs(), await this.billing.composer.sealedThroughMs(caller));
  }

  async #contractOn(name: string): Promise<Contract> {
    const plan = planOf(name);
    return { plan, book: await this.billing.books.newest(plan.priceBook), startsAtMs: nextPeriod(this.#now()).startMs, paymentTermsDays: 14, purchaseOrder: null };
  }

  /** A message of 1 KiB through one exchange into one queue, at the dearest price of each unit, for as long as nobody looks. */
  #overshoot({ book }: Contract): string | null {
    const dearest = (dimension: string) => book.prices.filter((price) => price.dimension === dimension).flatMap(({ tiers }) => tiers.map(({ unitE12 }) => unitE12)).reduce((a, b) => (a > b ? a : b), 0n);
    const unitE12 = ['mq_messages', 'mq_kib_in', 'mq_exchange_passes', 'mq_queue_passes', 'mq_message_units'].reduce((sum, dimension) => sum + dearest(dimension), 0n);
    const bound = overshootE12(this.publishesPerSecond, lookSeconds, unitE12);
    return bound === null ? null : String(roundToCents(bound));
  }

  #now() {
    return periodAt(this.billing.clock.nowMs());
  }
}

function dunningView(day: number, overdueSinceMs: number, deletion: TenantDeletion | null): NonNullable<BillingReply['dunning']> {
  const { newQueues, publishing, consuming } = dunningStops;
  const stops = [['new_queues', newQueues], ['publishing', publishing], ['consuming', consuming]] as const;
  return { day, overdueSince: iso(overdueSinceMs), stopped: stops.filter(([, from]) => day >= from).map(([what]) => what), deletionAt: iso(deletion?.state === 'planned' ? deletion.plannedAtMs : deletionAtMs(overdueSinceMs)) };
}

function deletionNotice({ state, invoiceId, invoiceNumber, plannedAtMs, startedAtMs, endedAtMs, hold, inventory }: TenantDeletion): NonNullable<BillingReply['deletion']> {
  const { queues = null, exchanges = null, subscriptions = null, keys = null } = inventory ?? {};
  return { state: state === 'cancelled' ? 'stopped' : state, invoice: invoiceId, number: invoiceNumber, at: iso(endedAtMs ?? startedAtMs ?? plannedAtMs), held: hold !== null, queues, exchanges, subscriptions, keys };
}

const text = (cents: bigint | null): string | null => (cents === null ? null : String(cents));
