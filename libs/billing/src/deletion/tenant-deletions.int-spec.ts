import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, silentLogger } from '@waybill/kernel';
import type { Caller, NamespaceId } from '@waybill/kernel';
import type { Home } from '@waybill/testing';
import { Alerts } from '../alerts/alerts.js';
import { ProfileStore } from '../caps/profile.store.js';
import type { Invoice } from '../invoices/invoice.js';
import { periodAt } from '../invoices/period.js';
import { BillingUnderTest } from '../testing/billing-under-test.js';
import { deletionSteps } from './deletion-plan.js';
import { TenantDeletions } from './tenant-deletions.js';
import type { TenantEraser } from './tenant-deletions.js';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 2);
const finance: Caller = { actor: { kind: 'user', id: 'usr_finance' }, tenantId: 'tnt_finance' as Caller['tenantId'], namespaceId: null, permissions: new Set() };

describe('the deletion of what a tenant has that does not pay', () => {
  let it_: BillingUnderTest;
  let home: Home;
  let invoice: Invoice;
  beforeAll(async () => {
    it_ = await BillingUnderTest.start(start);
  });
  afterAll(() => it_?.stop());
  beforeEach(async () => {
    it_.clock.advance(start - it_.clock.nowMs());
    home = await it_.newHome();
    it_.mails.length = 0;
    it_.mailServerAway = false;
    it_.noMailServer = false;
    await it_.billing.profiles.setEmail(home.caller, 'billing@example.com');
    const month = periodAt(it_.clock.nowMs());
    await it_.use(home.namespaceId, [{ atMs: it_.clock.nowMs(), dimension: 'mq_messages', quantity: 26_000_000n }]);
    it_.clock.advance(month.endMs - it_.clock.nowMs() + 1);
    await it_.seal(home, month.endMs);
    await it_.billing.close.run(month);
    invoice = (await it_.billing.invoices.ofPeriod(home.caller, month))!;
    await goTo(0);
  });
  afterEach(() => it_.fresh.query(`UPDATE invoices SET state = 'void' WHERE state = 'finalized'`));

  const goTo = async (day: number) => it_.clock.advance(invoice.dueAtMs! + day * dayMs - it_.clock.nowMs());
  const jobs = async () => {
    await it_.billing.dunning.run();
    await it_.billing.mails.run();
    await it_.billing.dunning.run();
  };
  /** The jobs of these days after the due day. */
  const days = async (...all: number[]) => {
    for (const day of all) {
      await goTo(day);
      await jobs();
    }
  };
  const doer = () => ({ actor: 'finance', approvedBy: null, nowMs: it_.clock.nowMs() });
  const pay = () => it_.billing.settlement.pay(invoice.id, { amountCents: invoice.totalCents, method: 'bank_transfer', reference: `T-${invoice.id}`, receivedAtMs: it_.clock.nowMs() }, doer());
  const alerts = async () => (await it_.fresh.query(`SELECT code FROM billing_alerts WHERE tenant_id = '${home.caller.tenantId}' AND cleared_at IS NULL ORDER BY code`)).map(({ code }) => code);
  const state = async () => (await it_.billing.deletionStore.find({ tenantId: home.caller.tenantId, invoiceId: invoice.id }))?.state ?? null;
  const events = async () => (await it_.billing.events.list({ tenantId: home.caller.tenantId }, undefined, 50)).map(({ action }) => action).filter((action) => action.startsWith('deletion.')).sort();
  const addQueues = (many: number, namespaceId: NamespaceId = home.namespaceId) =>
    it_.fresh.database.asSystem(async (tx) => {
      for (let at = 0; at < many; at += 1) await tx.queue.create({ data: { tenantId: home.caller.tenantId, namespaceId, id: newId('queue'), name: `q${at}`, kind: 'standard', leaseSeconds: 30, createdAt: new Date('2026-01-01T00:00:00Z') } });
    });
  const queues = async (tenantId: string = home.caller.tenantId) => Number((await it_.fresh.query(`SELECT count(*) AS n FROM queues WHERE tenant_id = '${tenantId}'`))[0]?.['n']);

  /** Deletes a queue at a time; `before` runs ahead of each, and throws where a worker is killed. */
  function eraser(before: (done: number) => Promise<void> = async () => undefined): TenantEraser & { readonly steps: string[]; erased: number } {
    return {
      steps: [], erased: 0,
      async erase({ tenantId }, namespaceId, step) {
        this.steps.push(`${namespaceId} ${step}`);
        if (step !== 'queues' || tenantId !== home.caller.tenantId) return 'done';
        await before(this.erased);
        const gone = await it_.fresh.query(`DELETE FROM queues WHERE id = (SELECT id FROM queues WHERE tenant_id = '${tenantId}' AND namespace_id = '${namespaceId}' ORDER BY id LIMIT 1) RETURNING id`);
        this.erased += gone.length;
        return gone.length === 0 ? 'done' : 'more';
      },
    };
  }

  it('comes on day 90 after both notices, in every namespace, leaves evidence, invoices and other tenants alone, and is told of', async () => {
    const other = await it_.newHome();
    await it_.fresh.database.asSystem((tx) => tx.queue.create({ data: { tenantId: other.caller.tenantId, namespaceId: other.namespaceId, id: newId('queue'), name: 'kept', kind: 'standard', leaseSeconds: 30 } }));
    const second = await it_.addNamespace(home, 'second');
    await addQueues(2);
    await addQueues(1, second);
    const kept = async () => [await it_.fresh.query(`SELECT count(*) FROM usage_records WHERE tenant_id = '${home.caller.tenantId}'`), await it_.fresh.query(`SELECT count(*) FROM usage_entries WHERE tenant_id = '${home.caller.tenantId}'`), (await it_.billing.invoices.openAny(invoice.id)).lines.length];
    const before = await kept();
    await days(60, 83);
    const work = eraser();
    await goTo(90 - 1 / 86_400);
    expect(await it_.billing.deletions.run(work)).toEqual({ deleted: 0, stopped: 0, failed: 0 });
    await days(90);
    expect([await state(), await alerts()]).toEqual(['planned', ['tenant_deletion_announced']]);
    expect(await it_.billing.deletions.run(work)).toEqual({ deleted: 1, stopped: 0, failed: 0 });
    expect([await queues(), await queues(other.caller.tenantId), await state(), await alerts(), await kept()]).toEqual([0, 1, 'done', [], before]);
    expect(new Set(work.steps)).toEqual(new Set([home.namespaceId, second].flatMap((id) => deletionSteps.map((step) => `${id} ${step}`))));
    expect(await events()).toEqual(['deletion.began', 'deletion.done']);
    await jobs();
    expect(await it_.billing.deletions.run(work)).toEqual({ deleted: 0, stopped: 0, failed: 0 });
    expect(it_.mails.map(({ text }) => /is to be deleted on 20|last notice: on 20|were deleted\. Sign in/.exec(text)?.[0]).filter((found) => found !== undefined)).toEqual(['is to be deleted on 20', 'last notice: on 20', 'were deleted. Sign in']);
    expect((await it_.billing.deletionStore.newest(home.caller.tenantId))?.inventory).toMatchObject({ namespaces: 2, queues: 3 });
  });

  it('does not come while a notice was never really sent, which a person is told; its day is 30 days after the first and seven after the last', async () => {
    await addQueues(1);
    it_.mailServerAway = true;
    await days(60, 64, 83, 90, 91);
    expect([await it_.billing.deletions.run(eraser()), await queues(), await alerts()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1, ['tenant_deletion_announced', 'tenant_deletion_due']]);
    const [{ detail } = {}] = await it_.fresh.query(`SELECT detail FROM billing_alerts WHERE code = 'tenant_deletion_due' AND tenant_id = '${home.caller.tenantId}'`);
    expect(detail).toContain('notice of day 60 could not be sent');
    it_.mailServerAway = false;
    await it_.fresh.query(`UPDATE billing_mails SET next_at = '${new Date(it_.clock.nowMs()).toISOString()}' WHERE tenant_id = '${home.caller.tenantId}' AND text LIKE '%is to be deleted%'`);
    await days(91, 114, 120);
    expect(await it_.billing.deletions.run(eraser())).toMatchObject({ deleted: 0 });
    await days(122);
    expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0]);
  });

  it('does not come in an installation without a mail server, where notices are only logged', async () => {
    await addQueues(1);
    it_.noMailServer = true;
    await days(60, 83, 90, 130);
    expect([await it_.billing.deletions.run(eraser()), await queues(), await alerts()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1, ['tenant_deletion_announced', 'tenant_deletion_due']]);
  });

  it('is held by finance with a reason and a name; let go, it is told of once more and comes seven days later', async () => {
    await addQueues(1);
    await days(60, 83);
    await it_.billing.deletions.hold(finance, home.caller.tenantId, 'a transfer was promised');
    await days(90, 95);
    expect(await it_.billing.deletions.run(eraser())).toEqual({ deleted: 0, stopped: 0, failed: 0 });
    expect([await queues(), await alerts(), (await it_.billing.deletionStore.newest(home.caller.tenantId))?.hold]).toMatchObject([1, ['tenant_deletion_announced', 'tenant_deletion_due'], { reason: 'a transfer was promised', by: 'usr_finance' }]);
    await it_.billing.deletions.hold(finance, home.caller.tenantId, null);
    await days(95, 101);
    expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1]);
    expect(it_.mails.filter(({ text }) => text.includes('last notice'))).toHaveLength(2);
    await days(102);
    expect([await it_.billing.deletions.run(eraser()), await events()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, ['deletion.began', 'deletion.done', 'deletion.held', 'deletion.released']]);
  });

  it('never begins when it is paid one second before', async () => {
    await addQueues(1);
    await days(60, 83, 89);
    await goTo(90 - 1 / 86_400);
    await pay();
    await goTo(90);
    expect([await it_.billing.deletions.run(eraser()), await queues(), await state(), await alerts()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1, 'cancelled', []]);
  });

  it('stops before its next step when it is paid half-way, and keeps what is left', async () => {
    await addQueues(5);
    await days(60, 83, 90);
    const work = eraser(async (done) => void (done === 2 && (await pay())));
    expect([await it_.billing.deletions.run(work), await queues(), await state(), await alerts()]).toEqual([{ deleted: 0, stopped: 1, failed: 0 }, 2, 'stopped', []]);
    expect([await it_.billing.deletions.run(work), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 2]);
    expect(await events()).toEqual(['deletion.began', 'deletion.stopped']);
  });

  it('a hold stops one under way, and it goes on where it was when the hold ends', async () => {
    await addQueues(4);
    await days(60, 83, 90);
    const work = eraser(async (done) => void (done === 1 && (await it_.billing.deletions.hold(finance, home.caller.tenantId, 'wait'))));
    expect([await it_.billing.deletions.run(work), await queues(), await state()]).toEqual([{ deleted: 0, stopped: 1, failed: 0 }, 2, 'running']);
    expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 2]);
    await it_.billing.deletions.hold(finance, home.caller.tenantId, null);
    expect([await it_.billing.deletions.run(eraser()), await queues(), await state()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0, 'done']);
  });

  it.each([0, 1, 2, 3])('goes on after a worker was killed at its step %i, with an alert until it does, and is done once', async (killedAt) => {
    await addQueues(3);
    await days(60, 83, 90);
    const killed = eraser(async (done) => {
      if (done === killedAt) throw new Error('killed');
    });
    expect(await it_.billing.deletions.run(killed)).toEqual({ deleted: 0, stopped: 0, failed: 1 });
    expect([await queues(), await state(), await alerts()]).toEqual([3 - killedAt, 'running', ['tenant_deletion_announced', 'tenant_deletion_failed']]);
    expect([await it_.billing.deletions.run(eraser()), await queues(), await state(), await alerts()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0, 'done', []]);
    expect(await events()).toEqual(['deletion.began', 'deletion.done']);
  });

  it.each(['ahead of the alerts', 'ahead of the notice'])('is told once after a worker was killed %s, when all was deleted', async (when) => {
    await addQueues(1);
    await days(60, 83, 90);
    const dying = { clear: when === 'ahead of the alerts', note: when === 'ahead of the notice' };
    const killed = async (): Promise<never> => Promise.reject(new Error('killed'));
    const { database } = it_.fresh;
    const profiles = new ProfileStore(database);
    const alertsOf = new Alerts(it_.billing.alerts, it_.clock, silentLogger);
    const dead = new TenantDeletions(
      it_.billing.deletionStore, { noteOnce: dying.note ? killed : profiles.noteOnce.bind(profiles) }, { raise: alertsOf.raise.bind(alertsOf), clear: dying.clear ? killed : alertsOf.clear.bind(alertsOf) }, it_.clock, silentLogger,
    );
    expect([await dead.run(eraser()), await queues(), await state()]).toEqual([{ deleted: 0, stopped: 0, failed: 1 }, 0, 'done']);
    it_.clock.advance(60_000);
    for (let run = 0; run < 2; run += 1) await it_.billing.deletions.run(eraser());
    await it_.billing.mails.run();
    expect([it_.mails.filter(({ subject, text }) => subject.includes(invoice.number!) && text.includes('were deleted')).length, await alerts(), await events()]).toEqual([1, [], ['deletion.began', 'deletion.done']]);
  });

  it('two workers at once delete it once and tell it once', async () => {
    await addQueues(6);
    await days(60, 83, 90);
    const runs = await Promise.all([it_.billing.deletions.run(eraser()), it_.billing.deletions.run(eraser())]);
    expect([runs.map(({ failed }) => failed), await queues(), await state(), await events()]).toEqual([[0, 0], 0, 'done', ['deletion.began', 'deletion.done']]);
    await it_.billing.mails.run();
    expect(it_.mails.filter(({ subject, text }) => subject.includes(invoice.number!) && text.includes('were deleted'))).toHaveLength(1);
  });

  it('one tenant that cannot be deleted holds up no other', async () => {
    const stuck = home.caller.tenantId;
    const other = await it_.newHome();
    const month = invoice.period;
    await it_.billing.profiles.setEmail(other.caller, 'other@example.com');
    await addQueues(1);
    await it_.fresh.query(`INSERT INTO invoices SELECT * FROM jsonb_populate_record((SELECT i FROM invoices i WHERE id = '${invoice.id}'), '${JSON.stringify({ id: newId('invoice'), tenant_id: other.caller.tenantId, number: 'WB-OTHER', period_start: new Date(month.startMs).toISOString() })}')`);
    await days(60, 83, 90);
    const only: TenantEraser = { erase: async ({ tenantId }) => (tenantId === stuck ? Promise.reject(new Error('Redis is away')) : 'done') };
    expect(await it_.billing.deletions.run(only)).toEqual({ deleted: 1, stopped: 0, failed: 1 });
    expect([(await it_.billing.deletionStore.newest(stuck))?.failure, (await it_.billing.deletionStore.newest(other.caller.tenantId))?.state]).toEqual(['Redis is away', 'done']);
  });

  /** Another invoice of the same tenant, due so many days after the first. */
  const owesAnother = async (daysLater: number): Promise<Invoice['id']> => {
    const changed = { id: newId('invoice'), number: `WB-${newId('invoice').slice(-8)}`, kind: 'adjustment', due_at: new Date(invoice.dueAtMs! + daysLater * dayMs).toISOString(), period_start: new Date(invoice.period.startMs + daysLater * dayMs).toISOString() };
    await it_.fresh.query(`INSERT INTO invoices SELECT * FROM jsonb_populate_record((SELECT i FROM invoices i WHERE id = '${invoice.id}'), '${JSON.stringify(changed)}')`);
    return changed.id;
  };
  const holdInvoice = (reason: string | null, id = invoice.id) => it_.billing.settlement.hold(id, reason, doer());

  describe('of a tenant that owes two invoices', () => {
    it.each(['days', 'no time'])('is told of once more and comes seven days later when the first was held for %s', async (held) => {
      await addQueues(1);
      await owesAnother(31);
      await days(60, 83, 89);
      await holdInvoice('asked for time');
      expect([await state(), await alerts()]).toEqual(['cancelled', []]);
      if (held === 'days') await days(95);
      await goTo(95);
      await holdInvoice(null);
      await jobs();
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1]);
      await days(95, 101);
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1]);
      expect(it_.mails.filter(({ text }) => text.includes('last notice'))).toHaveLength(2);
      await days(102);
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0]);
    });

    it('stops when the first is paid half-way, keeps what is left, and comes for the second only after its own notices', async () => {
      await addQueues(5);
      const second = await owesAnother(31);
      await days(60, 83, 90);
      const work = eraser(async (done) => void (done === 2 && (await pay())));
      expect([await it_.billing.deletions.run(work), await queues(), await state(), await alerts()]).toEqual([{ deleted: 0, stopped: 1, failed: 0 }, 2, 'stopped', []]);
      await days(91, 114, 120);
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 2]);
      expect(await it_.billing.deletionStore.newest(home.caller.tenantId)).toMatchObject({ invoiceId: second, state: 'planned' });
      await days(121);
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0]);
    });

    it('does not come before the day that was told last, when an older one is owed again', async () => {
      await addQueues(1);
      const older = await owesAnother(-31);
      await holdInvoice('asked for time', older);
      await days(60, 83, 89);
      await holdInvoice(null, older);
      await days(89, 90);
      const told = it_.mails.map(({ text }) => /is to be deleted on ([\d-]+)/.exec(text)?.[1]).filter((found) => found !== undefined);
      expect(told.at(-1)).toBe(new Date(invoice.dueAtMs! + 119 * dayMs).toISOString().slice(0, 10));
      expect([await it_.billing.deletions.run(eraser()), await queues(), await state()]).toEqual([{ deleted: 0, stopped: 0, failed: 0 }, 1, 'cancelled']);
      await days(112, 119);
      expect([await it_.billing.deletions.run(eraser()), await queues()]).toEqual([{ deleted: 1, stopped: 0, failed: 0 }, 0]);
    });
  });

  it('does not come when it was planned anew while others were deleted before it', async () => {
    const other = await it_.newHome();
    const theirs = newId('invoice');
    await it_.billing.profiles.setEmail(other.caller, 'other@example.com');
    await addQueues(1);
    await it_.fresh.query(`INSERT INTO invoices SELECT * FROM jsonb_populate_record((SELECT i FROM invoices i WHERE id = '${invoice.id}'), '${JSON.stringify({ id: theirs, tenant_id: other.caller.tenantId, number: 'WB-THEIRS' })}')`);
    await days(60, 83, 90);
    const work = eraser(async (done) => {
      if (done > 0) return;
      await holdInvoice('asked for time', theirs);
      await holdInvoice(null, theirs);
      await it_.billing.dunning.run();
    });
    expect([home.caller.tenantId < other.caller.tenantId, await it_.billing.deletions.run(work)]).toEqual([true, { deleted: 1, stopped: 0, failed: 0 }]);
    expect(await it_.billing.deletionStore.newest(other.caller.tenantId)).toMatchObject({ state: 'planned', lastNoticeToldAtMs: null });
  });
});
