import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@waybill/kernel';
import type { Home } from '@waybill/testing';
import type { Invoice } from '../invoices/invoice.js';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import type { FinanceAction } from './finance-desk.js';

const october = Date.UTC(2026, 9, 1);
const november = Date.UTC(2026, 10, 1);
const hour = 3_600_000;
const person = (id: string): Caller => ({ actor: { kind: 'user', id }, tenantId: 'tnt_finance' as Caller['tenantId'], namespaceId: null, permissions: new Set() });

describe('refunds by bank transfer', () => {
  let at: BillingUnderTest;
  let home: Home;
  let invoice: Invoice;
  beforeAll(async () => {
    at = await BillingUnderTest.start(november + 6 * hour, { twoPersonLimitCents: 200n });
    home = await at.newHome();
    await at.use(home.namespaceId, [{ atMs: october + hour, dimension: 'mq_messages', quantity: 11_000_000n }, { atMs: october + hour, dimension: 'mq_push_attempts', quantity: 150_000n }]);
    await at.seal(home, november);
    await at.billing.close.run(periodAt(october));
    invoice = (await at.billing.invoices.ofPeriod(home.caller, periodAt(october)))!;
  });
  afterAll(() => at?.stop());

  const ask = (action: Omit<Extract<FinanceAction, { action: 'refund' }>, 'action' | 'invoiceId' | 'reason'>) => at.billing.desk.ask(person('usr_one'), { action: 'refund', invoiceId: invoice.id, reason: 'the customer asked', ...action });
  const papers = () => at.billing.papers.read(home.caller, invoice.id);

  it('are of paid invoices alone', async () => {
    expect(invoice).toMatchObject({ state: 'finalized', totalCents: 430n });
    await expect(ask({ amountCents: '100', reference: 'SEPA-1' })).rejects.toMatchObject({ code: 'invoice_state_conflict' });
    await at.billing.settlement.pay(invoice.id, { amountCents: 430n, method: 'bank_transfer', reference: 'SEPA-IN', receivedAtMs: november + hour }, { actor: 'usr_one', approvedBy: null, nowMs: at.clock.nowMs() });
    await expect(ask({ amountCents: '100', reference: null })).rejects.toMatchObject({ code: 'refund_needs_reference' });
  });

  it('credit the lines they give back by the same step, once for a reference', async () => {
    expect(await ask({ amountCents: '100', reference: 'SEPA-1' })).toMatchObject({ outcome: 'done' });
    await expect(ask({ amountCents: '10', reference: 'SEPA-1' })).rejects.toMatchObject({ code: 'payment_duplicated' });
    const { refunds, creditNotes } = await papers();
    expect(refunds).toMatchObject([{ amountCents: 100n, method: 'bank_transfer', state: 'done', reference: 'SEPA-1' }]);
    expect(creditNotes.map(({ amountCents }) => amountCents)).toEqual([100n]);
    expect(await at.billing.credits.list(home.caller)).toEqual([]);
  });

  it('take two persons above the limit, spread over lines, and never give back more than is left', async () => {
    const { outcome, approval } = await ask({ amountCents: '330', reference: 'SEPA-2' });
    expect(outcome).toBe('approval_needed');
    await expect(at.billing.desk.decide(person('usr_one'), approval!.id, 'approve')).rejects.toMatchObject({ code: 'approval_same_person' });
    await at.billing.desk.decide(person('usr_two'), approval!.id, 'approve');
    expect((await papers()).creditNotes.map(({ amountCents }) => amountCents).sort()).toEqual([100n, 300n, 30n].sort());
    await expect(ask({ amountCents: '1', reference: 'SEPA-3' })).rejects.toMatchObject({ code: 'refund_too_large', params: { limit: '0' } });
    expect((await at.billing.events.list({ subject: invoice.id }, undefined, 20)).filter(({ action }) => action === 'refund.made').map(({ actor, approvedBy }) => [actor, approvedBy])).toEqual(
      expect.arrayContaining([['usr_one', null], ['usr_one', 'usr_two']]),
    );
  });

  it('stand in the journal, in which debits equal credits and nothing stays payable', async () => {
    const lines = await at.journal(periodAt(november));
    const balance = (account: string) => lines.filter((line) => line.account === account).reduce((sum, { debitCents, creditCents }) => sum + debitCents - creditCents, 0n);
    expect([balance('2300 Refunds payable'), balance('1000 Bank')]).toEqual([0n, 0n]);
    expect(lines.reduce((sum, { debitCents, creditCents }) => sum + debitCents - creditCents, 0n)).toBe(0n);
    expect(lines.some(({ account }) => account === '2300 Refunds payable')).toBe(true);
  });

  it('are never changed, and are nobody else\'s', async () => {
    await expect(at.fresh.query(`UPDATE refunds SET amount_cents = 1`)).rejects.toThrow(/never changed/);
    expect(await at.fresh.database.withTenant('tnt_nobody', (tx) => tx.refund.count())).toBe(0);
  });
});
