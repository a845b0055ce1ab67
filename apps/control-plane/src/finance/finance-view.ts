import type { Approval, Billing, Emails, FinanceAction, Gate, Invoice, InvoiceTotals, MoneyFigures, Outcome, RecordedEvent, Spooled } from '@waybill/billing';
import { actingFor, actorOf, actorOrNull, actorsIn, parsePeriod, periodAt, previousPeriod, systemCaller, writeJournal } from '@waybill/billing';
import type {
  finalizeInvoices, getCloseBoard, getFinanceInvoice, getFinanceOverview, getRevenue, getUnbilled, grantCredit, listApprovals, listFinanceEvents, listFinanceInvoices, Parsed, Reply,
} from '@waybill/contracts';
import { invoiceStates } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Caller, TenantId } from '@waybill/kernel';
import { invoiceView, iso, isoOrNull, summaryView } from '../billing/invoice-reply.js';
import { alertView } from './checks-view.js';
import { currenciesOf } from './tenant-currencies.js';

type ApprovalReply = Reply<typeof listApprovals>['items'][number];

/** What operators see over all tenants, and the answers to what they do. */
export class FinanceView {
  constructor(private readonly billing: Billing) {}

  async overview(caller: Caller, period: string | undefined): Promise<Reply<typeof getFinanceOverview>> {
    const { reports, unbilled, approvals, desk, mode, clock } = this.billing;
    const of = this.#period(period);
    const alerts = await this.billing.alerts.open();
    const names = await this.billing.tenants.names(alerts.flatMap(({ tenantId }) => tenantId ?? []));
    const [figures, running, waiting] = [await reports.money(of, clock.nowMs()), await unbilled.totals(), await reports.waiting()];
    const currencies = [...new Set([...figures, ...running].map(({ currency }) => currency))].sort();
    return {
      mode, period: of.name, ...waiting, openApprovals: (await approvals.list('open')).length,
      money: currencies.map((currency) => moneyOf(currency, figures.find((row) => row.currency === currency), running.find((row) => row.currency === currency)?.amountCents ?? 0n)),
      twoPersonLimitCents: String(desk.twoPersonLimitCents), mayWrite: caller.permissions.has('finance:write'), mayApprove: caller.permissions.has('finance:approve'),
      alerts: alerts.map((alert) => alertView(alert, alert.tenantId === null ? null : (names.get(alert.tenantId) ?? null))),
    };
  }

  async revenue({ period, by }: Parsed<typeof getRevenue>['query']): Promise<Reply<typeof getRevenue>> {
    const of = this.#period(period);
    const rows = await this.billing.reports.revenue(of, previousPeriod(of), by);
    const names = by === 'tenant' ? await this.billing.tenants.names(rows.map(({ key }) => key)) : new Map<string, string>();
    const totals = new Map(rows.map(({ currency, totalCents, totalTaxCents }) => [currency, { currency, totalCents: String(totalCents), taxCents: String(totalTaxCents) }]));
    return {
      period: of.name, totals: [...totals.values()],
      items: rows.map(({ key, currency, amountCents, taxCents, previousCents, invoices }) => ({ key, label: names.get(key) ?? key, currency, amountCents: String(amountCents), taxCents: String(taxCents), previousCents: String(previousCents), invoices })),
    };
  }

  async unbilled({ limit, after = '' }: Parsed<typeof getUnbilled>['query']): Promise<Reply<typeof getUnbilled>> {
    const tenants = await this.billing.unbilled.page(after, limit);
    const names = await this.#names(tenants);
    return {
      items: tenants.map(({ tenantId, plan, currency, amountCents }) => ({ tenantId, tenant: names(tenantId), plan, currency, amountCents: String(amountCents), asOf: iso(this.billing.clock.nowMs()) })),
      next: tenants.length === limit ? (tenants.at(-1)?.tenantId ?? null) : null, totals: (await this.billing.unbilled.totals()).map(({ currency, amountCents }) => ({ currency, totalCents: String(amountCents) })),
    };
  }

  async closeBoard({ period, limit, after = '' }: Parsed<typeof getCloseBoard>['query']): Promise<Reply<typeof getCloseBoard>> {
    const of = this.#period(period);
    const page = await this.billing.tenants.all(after, limit);
    const [names, currencies] = [await this.billing.tenants.names(page), await currenciesOf(this.billing, page.map((tenantId) => ({ tenantId })))];
    const alerts = Map.groupBy(await this.billing.alerts.open({ tenantIds: page }), (alert) => alert.tenantId);
    const items: Reply<typeof getCloseBoard>['items'] = [];
    for (const tenantId of page) {
      const owner = systemCaller(tenantId, 'close-board');
      const invoice = await this.billing.invoices.ofPeriod(owner, of);
      const gates = invoice === null ? [] : await this.billing.close.gates(owner, invoice);
      items.push({
        tenantId, tenant: names.get(tenantId) ?? tenantId, invoiceId: invoice?.id ?? null, number: invoice?.number ?? null, state: invoice?.state ?? 'open', totalCents: String(invoice?.totalCents ?? 0n), currency: invoice?.currency ?? currencies(tenantId),
        holdReason: invoice?.holdReason ?? null, gates: lights(gates, invoice), blockedSince: invoice?.state === 'draft' ? iso(of.endMs) : null,
        alerts: (alerts.get(tenantId) ?? []).map((alert) => alertView(alert, names.get(tenantId) ?? null)),
      });
    }
    const blocked = (item: (typeof items)[number]) => (item.alerts.length > 0 || item.gates.some(({ light }) => light === 'red') ? 0 : 1);
    const totals = totalsView(await this.billing.invoices.totals({ period: of, states: invoiceStates.filter((state) => state !== 'void') }));
    return { period: of.name, totals, items: items.sort((a, b) => blocked(a) - blocked(b)), next: page.length === limit ? (page.at(-1) ?? null) : null };
  }

  async invoices({ limit, after, period, state, plan, tenant, disputed }: Parsed<typeof listFinanceInvoices>['query']): Promise<Reply<typeof listFinanceInvoices>> {
    const filter = { period: period === undefined ? undefined : this.#period(period), states: state === undefined ? undefined : [state], plan, tenantId: tenant, disputed };
    const [invoices, totals] = [await this.billing.invoices.listAny(filter, after, limit), await this.billing.invoices.totals(filter)];
    const [names, open] = [await this.#names(invoices), await this.billing.papers.disputed(invoices.map(({ id }) => id))];
    return {
      items: invoices.map((invoice) => ({ ...summaryView(invoice, open.get(invoice.id) ?? 0), tenantId: invoice.tenantId, tenant: names(invoice.tenantId), holdReason: invoice.holdReason })),
      next: invoices.length === limit ? (invoices.at(-1)?.id ?? null) : null, totals: totalsView(totals),
    };
  }

  async invoice(caller: Caller, id: string): Promise<Reply<typeof getFinanceInvoice>> {
    const invoice = await this.billing.invoices.openAny(id);
    const papers = await this.billing.papers.read(actingFor(caller, invoice.tenantId), id);
    const history = await this.billing.events.list({ subject: id }, undefined, 200);
    const names = await this.#names([invoice]);
    const emails = await this.billing.people.emails([...actorsIn(papers), ...history.flatMap(idsOf)]);
    return {
      ...invoiceView(invoice, papers, emails), tenantId: invoice.tenantId, tenant: names(invoice.tenantId), holdReason: invoice.holdReason,
      history: history.map((event) => ({ at: iso(event.atMs), ...doersOf(event, emails), action: event.action, after: event.after })),
    };
  }

  /** Each by itself: one that cannot be finalized holds up no other. */
  async finalize(caller: Caller, ids: readonly string[]): Promise<Reply<typeof finalizeInvoices>> {
    const items: Reply<typeof finalizeInvoices>['items'] = [];
    for (const invoiceId of ids) {
      try {
        const { outcome } = await this.billing.desk.ask(caller, { action: 'finalize', invoiceId });
        items.push({ invoiceId, outcome, code: null, detail: null });
      } catch (error) {
        if (!(error instanceof WaybillError)) throw error;
        items.push({ invoiceId, outcome: 'refused', code: error.code, detail: error.message });
      }
    }
    return { items };
  }

  async ask(caller: Caller, action: FinanceAction): Promise<Reply<typeof grantCredit>> {
    return this.#outcome(await this.billing.desk.ask(caller, action));
  }

  async approvals(state: Approval['state']): Promise<Reply<typeof listApprovals>> {
    const approvals = await this.billing.approvals.list(state);
    return { items: await this.#approvals(approvals) };
  }

  async decide(caller: Caller, id: string, decision: 'approve' | 'reject'): Promise<ApprovalReply> {
    const approval = await this.billing.desk.decide(caller, id, decision);
    return (await this.#approvals([approval]))[0]!;
  }

  journal(period: string | undefined): Promise<Spooled> {
    const of = this.#period(period);
    return this.billing.spools.make((write) => writeJournal(this.billing.journal, of, write));
  }

  async events({ limit, after, tenant, subject }: Parsed<typeof listFinanceEvents>['query']): Promise<Reply<typeof listFinanceEvents>> {
    const events = await this.billing.events.list({ tenantId: tenant, subject }, after, limit);
    const [names, emails] = [await this.#names(events), await this.billing.people.emails(events.flatMap(idsOf))];
    const currencies = await currenciesOf(this.billing, events.filter(({ tenantId }) => tenantId !== ''));
    return {
      items: events.map((event) => ({
        id: event.id, at: iso(event.atMs), tenantId: event.tenantId, tenant: names(event.tenantId), ...doersOf(event, emails), action: event.action, subject: event.subject, before: event.before, after: event.after,
        currency: event.tenantId === '' ? null : currencies(event.tenantId),
      })),
      next: events.length === limit ? (events.at(-1)?.id ?? null) : null,
    };
  }

  async #outcome({ outcome, approval }: Outcome): Promise<Reply<typeof grantCredit>> {
    if (approval === null) return { outcome, approval };
    return { outcome, approval: (await this.#approvals([approval]))[0]! };
  }

  /** Default: the last month. Fails with `period_invalid`. */
  #period(name: string | undefined) {
    const nowMs = this.billing.clock.nowMs();
    return name === undefined ? previousPeriod(periodAt(nowMs)) : parsePeriod(name, nowMs);
  }

  async #approvals(approvals: readonly Approval[]): Promise<ApprovalReply[]> {
    const [names, currencies] = [await this.#names(approvals), await currenciesOf(this.billing, approvals)];
    const emails = await this.billing.people.emails(approvals.flatMap(({ requestedBy, decidedBy }) => (decidedBy === null ? [requestedBy] : [requestedBy, decidedBy])));
    return approvals.map(({ requestedAtMs, decidedAtMs, requestedBy, decidedBy, amountCents, payload, ...approval }) => ({
      ...approval, payload: { ...payload }, tenant: names(approval.tenantId), amountCents: String(amountCents), currency: currencies(approval.tenantId), requestedBy: actorOf(requestedBy, emails), requestedAt: iso(requestedAtMs), decidedBy: actorOrNull(decidedBy, emails), decidedAt: isoOrNull(decidedAtMs),
    }));
  }

  async #names(of: readonly { readonly tenantId: string }[]): Promise<(tenantId: TenantId | string) => string> {
    const names = await this.billing.tenants.names([...new Set(of.map(({ tenantId }) => tenantId))]);
    return (tenantId) => (tenantId === '' ? 'This installation' : (names.get(tenantId) ?? tenantId));
  }
}

/** Who asked for what a decision of the history decided. */
function askerOf({ action, after }: RecordedEvent): string | null {
  if (!action.startsWith('approval.') || after === null || typeof after !== 'object' || !('requestedBy' in after)) return null;
  return typeof after.requestedBy === 'string' ? after.requestedBy : null;
}

const idsOf = (event: RecordedEvent): string[] => [event.actor, event.approvedBy, askerOf(event)].filter((id) => id !== null);

function doersOf(event: RecordedEvent, emails: Emails) {
  return { actor: actorOf(event.actor, emails), approvedBy: actorOrNull(event.approvedBy, emails), requestedBy: actorOrNull(askerOf(event), emails) };
}

function moneyOf(currency: string, figures: MoneyFigures | undefined, unbilledCents: bigint): Reply<typeof getFinanceOverview>['money'][number] {
  const text = (cents: bigint | undefined) => String(cents ?? 0n);
  return {
    currency, invoicedCents: text(figures?.invoicedCents), paidCents: text(figures?.paidCents), openCents: text(figures?.openCents), overdueCents: text(figures?.overdueCents),
    draftCents: text(figures?.draftCents), unbilledCents: text(unbilledCents), creditLiabilityCents: text(figures?.creditLiabilityCents),
  };
}

function totalsView(totals: readonly InvoiceTotals[]): Reply<typeof listFinanceInvoices>['totals'] {
  return totals.map(({ currency, count, totalCents, dueCents }) => ({ currency, count, totalCents: String(totalCents), dueCents: String(dueCents) }));
}

/** The gates, and what comes after them. */
function lights(gates: readonly Gate[], invoice: Invoice | null): Reply<typeof getCloseBoard>['items'][number]['gates'] {
  const sent = invoice !== null && invoice.state !== 'draft';
  const before = gates.map(({ name, light, reason }) => (sent && light === 'red' ? { name, light: 'green' as const, reason: null } : { name, light, reason }));
  return [
    ...before,
    { name: 'finalized', light: sent ? 'green' : 'grey', reason: null },
    { name: 'paid', light: invoice?.state === 'paid' ? 'green' : invoice?.state === 'uncollectible' ? 'red' : 'grey', reason: null },
  ];
}
