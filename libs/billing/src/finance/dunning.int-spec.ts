import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@waybill/kernel';
import type { Home } from '@waybill/testing';
import { periodAt } from '../invoices/period.js';
import type { Invoice } from '../invoices/invoice.js';
import { NoticeMailStore } from '../notices/notice-mail.store.js';
import { NoticeMails } from '../notices/notice-mails.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { dunningStages } from './dunning.js';

const [dayMs, january] = [86_400_000, periodAt(Date.UTC(2026, 0, 1))];

describe('an invoice that is not paid', () => {
  let it_: BillingUnderTest;
  let home: Home;
  let invoice: Invoice;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(january.startMs + dayMs);
  });
  afterAll(() => it_?.stop());
  beforeEach(async () => {
    home = await it_.newHome();
    it_.mails.length = 0;
    await it_.billing.profiles.setEmail(home.caller, 'billing@example.com');
    const month = periodAt(it_.clock.nowMs());
    await it_.use(home.namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_messages', quantity: 26_000_000n }]);
    it_.clock.advance(month.endMs - it_.clock.nowMs() + 1);
    await it_.seal(home, month.endMs);
    await it_.billing.close.run(month);
    invoice = (await it_.billing.invoices.ofPeriod(home.caller, month))!;
    it_.clock.advance(invoice.dueAtMs! - it_.clock.nowMs());
  });
  // Nobody else's invoice is in dunning.
  afterEach(() => it_.fresh.query(`UPDATE invoices SET state = 'void' WHERE state = 'finalized'`));

  const doer = () => ({ actor: 'finance', approvedBy: null, nowMs: it_.clock.nowMs() });
  const pay = () => it_.billing.settlement.pay(invoice.id, { amountCents: invoice.totalCents, method: 'bank_transfer', reference: `T-${invoice.id}`, receivedAtMs: it_.clock.nowMs() }, doer());
  const gate = async () => (JSON.parse((await it_.billing.profiles.gates(home.caller)).get(home.namespaceId) ?? '{"kind":"open"}') as { kind: string }).kind;
  const tasks = async () => (await it_.fresh.query(`SELECT code FROM billing_alerts WHERE tenant_id = '${home.caller.tenantId}' AND cleared_at IS NULL`)).map(({ code }) => code);
  const stopped = async () => [(await it_.billing.dunning.newQueueRefusal(home.caller))?.code ?? 'queues', await gate(), ...(await tasks())].join(' ');
  /** The jobs, dunning twice. */
  const jobs = async () => {
    await it_.billing.dunning.run();
    await it_.billing.dunning.run();
    await it_.billing.watch.run();
    await it_.billing.mails.run();
  };
  /** Every day; what was in force from which day on. */
  const ladder = async (days: number) => {
    const seen: [number, string][] = [];
    for (let day = 0; day <= days; day += 1) {
      await jobs();
      const now = await stopped();
      if (now !== seen.at(-1)?.[1]) seen.push([day, now]);
      it_.clock.advance(dayMs);
    }
    return seen;
  };

  it('stops new queues at day 14, publishing at 30, receiving at 37, announces deletion from 60 on, each told once, and all of it ends with the payment', async () => {
    expect(await ladder(91)).toEqual([
      [0, 'queues open'], [14, 'payment_overdue open'], [30, 'payment_overdue overdue'], [37, 'payment_overdue overdue_shut'],
      [60, 'payment_overdue overdue_shut tenant_deletion_announced'],
    ]);
    const deletedOn = new Date(invoice.dueAtMs! + 90 * dayMs).toISOString().slice(0, 10);
    const told = it_.mails.filter(({ subject }) => subject.includes('is open'));
    expect(told.map(({ text }) => dunningStages.findLast(({ effect }) => effect !== null && text.includes(effect))?.day ?? /deleted on ([\d-]+)|last notice: on ([\d-]+)/.exec(text)?.slice(1).find(Boolean))).toEqual([0, 3, 7, 14, 30, 37, deletedOn, deletedOn]);
    await pay();
    expect([await stopped(), await it_.billing.profiles.read(home.caller)]).toMatchObject(['queues open', { dunningDay: null, overdueSinceMs: null }]);
  });

  it.each(['held', 'disputed', 'written off'] as const)('lets go at once when it is %s, and goes on from its due day when that ends', async (how) => {
    it_.clock.advance(31 * dayMs);
    await jobs();
    expect(await stopped()).toBe('payment_overdue overdue');
    const line = invoice.lines.find(({ amountCents }) => amountCents > 0n)!.id;
    if (how === 'held') await it_.billing.settlement.hold(invoice.id, 'asked for time', doer());
    else if (how === 'disputed') await it_.billing.settlement.dispute(invoice.id, line, 'not mine', doer());
    else await it_.billing.settlement.writeOff(invoice.id, 'uncollectible', 'gone', doer());
    expect(await stopped()).toBe('queues open');
    if (how === 'written off') return;
    if (how === 'held') await it_.billing.settlement.hold(invoice.id, null, doer());
    else await it_.billing.settlement.decide(invoice.id, line, 'rejected', 'it is', doer());
    await jobs();
    expect(await stopped()).toBe('payment_overdue overdue');
  });

  it('is told when the mail server is back, once for each stage and recipient', async () => {
    it_.mailServerAway = true;
    await ladder(3);
    expect(it_.mails).toEqual([]);
    it_.mailServerAway = false;
    await jobs();
    await jobs();
    expect(it_.mails.map(({ to, text }) => [to, text.split('USD. ')[1]])).toEqual([['billing@example.com', 'It was due today.'], ['billing@example.com', 'It is overdue.']]);
  });

  it('is told once by two workers with a mail server that takes long over each mail', async () => {
    await it_.billing.mails.run();
    it_.mails.length = 0;
    const nowMs = it_.clock.nowMs();
    await it_.fresh.query(`INSERT INTO billing_mails (tenant_id, id, recipient, subject, text, about, attempts, created_at, next_at)
      SELECT '${home.caller.tenantId}', 'slow_' || n, n || '@example.com', 's', 't', 'dunning', 0, '${new Date(nowMs).toISOString()}', '${new Date(nowMs).toISOString()}' FROM generate_series(1, 40) n`);
    const sent: string[] = [];
    const slow = (tookMs: number, before: () => Promise<void>) => new NoticeMails(new NoticeMailStore(it_.fresh.database), async ({ to }) => {
      sent.push(to);
      it_.clock.advance(tookMs);
      await before();
      return 'sent';
    }, it_.clock, silentLogger);
    await slow(14_000, async () => void (sent.length === 30 && (await slow(0, async () => undefined).run()))).run();
    expect([sent.length, new Set(sent).size]).toEqual([40, 40]);
  });

  it('is not told for ever: after three days the mail is given up, and forgotten after a month', async () => {
    it_.mailServerAway = true;
    await ladder(5);
    const rows = () => it_.fresh.query(`SELECT next_at, attempts, error, sent_at FROM billing_mails WHERE tenant_id = '${home.caller.tenantId}' ORDER BY created_at`);
    expect((await rows())[0]).toMatchObject({ next_at: null, sent_at: null, error: 'connect ECONNREFUSED' });
    it_.clock.advance(31 * dayMs);
    await it_.billing.mails.forget();
    it_.mailServerAway = false;
    expect((await rows()).every(({ next_at: next }) => next !== null)).toBe(true);
  });
});
