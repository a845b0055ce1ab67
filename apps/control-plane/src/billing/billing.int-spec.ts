import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBilling, parsePeriod } from '@waybill/billing';
import { controlOperations } from '@waybill/contracts';
import { silentLogger } from '@waybill/kernel';
import { ControlPlaneUnderTest } from '../../test/control-plane-under-test.js';
import type { Answer, Ask, Owner } from '../../test/control-plane-under-test.js';

const at = '/api/v1/billing';
const desk = '/api/v1/finance';
/** January: long over, so that a test can close it. */
const month = '2026-01';

describe('billing over the API', () => {
  let plane: ControlPlaneUnderTest;
  let owner: Owner;
  let other: Owner;
  let finance: Owner;
  let approver: Owner;
  let tenantId: string;
  let invoiceId: string;

  beforeAll(async () => {
    plane = await ControlPlaneUnderTest.start({ FINANCE_TWO_PERSON_CENTS: '100', BILLING_REVIEW_ABOVE_CENTS: '0' });
    [owner, other, finance, approver] = [await plane.newOwner(), await plane.newOwner(), await plane.newOwner(), await plane.newOwner()];
    for (const [person, role] of [[finance, 'finance'], [approver, 'finance_approver']] as const) {
      await plane.fresh.query(`INSERT INTO operators (user_id, role) SELECT id, '${role}' FROM users WHERE email = '${person.email}'`);
    }
    tenantId = (await get('/api/v1/session')).body.tenants[0].id;
    await plane.fresh.query(`UPDATE tenants SET created_at = '2025-01-01Z'; UPDATE namespaces SET created_at = '2025-01-01Z'`);
    await plane.fresh.query(`SELECT usage_ensure_month('2026-01-01')`);
    await plane.fresh.query(`
      INSERT INTO usage_records VALUES ('${tenantId}', '${owner.namespace}', '2026-01-10T10:00:00Z', 'mq_messages', 'publish', 'x_shop', 11000000, 1);
      INSERT INTO usage_days VALUES ('${tenantId}', 'mq_messages', '${owner.namespace}', 'x_shop', 'publish', '2026-01-10', 11000000);
      INSERT INTO usage_watermarks SELECT tenant_id, id, '2026-02-01Z', '2026-02-01Z', '2026-02-01Z' FROM namespaces ON CONFLICT (tenant_id, namespace_id) DO UPDATE SET sealed_through = excluded.sealed_through`);
    // What the worker does at the end of a month.
    const unused = () => Promise.reject(new Error('not used here'));
    const worker = openBilling({
      database: plane.fresh.database, logger: silentLogger, gate: { set: unused, quota: unused }, prices: { publish: unused }, notify: unused,
      rules: { defaultPlan: 'payg', reviewAboveCents: 0n, twoPersonLimitCents: 0n },
    });
    await worker.close.run(parsePeriod(month, Date.now()));
    invoiceId = String((await plane.fresh.query(`SELECT id FROM invoices WHERE tenant_id = '${tenantId}'`))[0]!['id']);
  });
  afterAll(() => plane?.stop());

  const ask = (method: string, path: string, { cookie = owner.cookie, ...more }: Ask = {}): Promise<Answer> => plane.ask(method, path, { cookie, ...more });
  const get = (path: string, cookie = owner.cookie) => ask('GET', path, { cookie });

  it('starts on pay-as-you-go with its cap, offline', async () => {
    expect((await get(at)).body).toMatchObject({ mode: 'offline', card: null, plan: { name: 'payg', baseFeeCents: '0' }, currency: 'USD', publishing: { allowed: true, reason: 'none' }, next: null, since: '2025-01-01T00:00:00.000Z' });
    expect((await get(`${at}/cap`)).body).toMatchObject({ cap: { capCents: '5000', namespaces: [] }, spentCents: '0', percent: 0, overshootCents: null });
    expect((await get(`${at}/plans`)).body.items.map(({ name }: { name: string }) => name)).toEqual(['free', 'payg', 'team', 'business', 'simple', 'metered', 'routed', 'flat', 'committed', 'enterprise']);
  });

  it('shows finance every sum by currency', async () => {
    const overview = (await get(`${desk}/overview?period=${month}`, finance.cookie)).body;
    expect(overview.money).toEqual([expect.objectContaining({ currency: 'USD', draftCents: '400', invoicedCents: '0' })]);
    expect((await get(`${desk}/close-board?period=${month}`, finance.cookie)).body.totals).toEqual([{ currency: 'USD', count: 1, totalCents: '400', dueCents: '0' }]);
    expect((await get(`${desk}/unbilled`, finance.cookie)).body.totals).toEqual([{ currency: 'USD', totalCents: '0' }]);
  });

  it('tells anyone what time it is, and that this is no demonstration', async () => {
    const { body } = await plane.ask('GET', '/api/v1/installation', {});
    expect(body).toEqual({ now: expect.any(String), demonstration: false });
    expect(Math.abs(Date.parse(body.now) - Date.now())).toBeLessThan(60_000);
  });

  it('changes the plan with the next period and takes the change back', async () => {
    const changed = await ask('PUT', `${at}/plan`, { body: { plan: 'team' } });
    expect(changed).toMatchObject({ status: 200, body: { plan: { name: 'payg' }, next: { plan: 'team' } } });
    expect(changed.body.next.startsAt).toBe(changed.body.periodEnd);
    expect((await ask('PUT', `${at}/plan`, { body: { plan: 'payg' } })).body.next).toBeNull();
    expect((await ask('PUT', `${at}/plan`, { body: { plan: 'simple' } })).body.next).toMatchObject({ plan: 'simple' });
    expect((await ask('PUT', `${at}/plan`, { body: { plan: 'payg' } })).body.next).toBeNull();
    for (const plan of ['enterprise', 'committed']) expect((await ask('PUT', `${at}/plan`, { body: { plan } })).body.code).toBe('plan_not_self_service');
    expect((await ask('PUT', `${at}/plan`, { body: { plan: 'gold' } })).body.code).toBe('plan_not_found');
  });

  it('calculates, previews and compares by the arithmetic of the invoice', async () => {
    const calculated = await ask('POST', `${at}/calculator`, { body: { plan: 'payg', quantities: { mq_messages: '10000000', mq_queue_minutes: '1296000' } } });
    expect(calculated).toMatchObject({ status: 200, body: { subtotalCents: '763' } });
    for (const quantity of ['-1', '1.5', '10000000000000000', '1e3']) {
      expect((await ask('POST', `${at}/calculator`, { body: { plan: 'payg', quantities: { mq_messages: quantity } } })).body.code).toBe('quantity_invalid');
    }
    expect((await ask('POST', `${at}/calculator`, { body: { plan: 'payg', quantities: { mq_gold: '1' } } })).body.code).toBe('price_unknown');
    expect((await get(`${at}/preview`)).body).toMatchObject({ subtotalCents: '0', totalCents: '0' });
    expect((await get(`${at}/cost`)).body).toMatchObject({ soFarCents: '0', forecastCents: '0', resources: [] });
    expect((await get(`${at}/what-if?plan=team&period=${month}`)).body).toMatchObject({ actual: { subtotalCents: '400' }, other: { subtotalCents: '4900' }, differenceCents: '4500' });
    expect((await get(`${at}/what-if?plan=team&period=2099-01`)).body.code).toBe('period_invalid');
  });

  it('says which stage of dunning it is, and refuses new queues from day 14 on; those that exist can be changed', async () => {
    const queue = (name: string) => ask('PUT', `/api/v1/namespaces/${owner.namespace}/queues/${name}`, { body: {} });
    expect((await queue('before')).status).toBe(201);
    const since = new Date(Date.now() - 40 * 86_400_000).toISOString();
    const day = (day: number | null) => plane.fresh.query(`INSERT INTO billing_profiles (tenant_id, overdue_since, dunning_day) VALUES ('${tenantId}', '${since}', ${day}) ON CONFLICT (tenant_id) DO UPDATE SET overdue_since = excluded.overdue_since, dunning_day = excluded.dunning_day`);
    for (const [at_, stopped] of [[7, []], [14, ['new_queues']], [30, ['new_queues', 'publishing']], [37, ['new_queues', 'publishing', 'consuming']]] as const) {
      await day(at_);
      expect((await get(at)).body.dunning).toMatchObject({ day: at_, overdueSince: since, stopped, deletionAt: new Date(Date.parse(since) + 90 * 86_400_000).toISOString() });
      const made = await queue(`day-${at_}`);
      expect([made.status, made.body.code]).toEqual(at_ === 7 ? [201, undefined] : [402, 'payment_overdue']);
      expect((await queue('before')).status).toBe(200);
    }
    await plane.fresh.query(`UPDATE billing_profiles SET overdue_since = NULL, dunning_day = NULL WHERE tenant_id = '${tenantId}'`);
    expect((await queue('after')).status).toBe(201);
  });

  it('sets caps, and refuses those of namespaces it does not have', async () => {
    const cap = { capCents: '12345', namespaces: [{ namespace: owner.namespace, capCents: '100' }] };
    expect(await ask('PUT', `${at}/cap`, { body: cap })).toMatchObject({ status: 200, body: cap });
    expect((await get(`${at}/cap`)).body.cap).toEqual(cap);
    expect((await ask('PUT', `${at}/cap`, { body: { capCents: null, namespaces: [{ namespace: other.namespace, capCents: '1' }] } })).body.code).toBe('namespace_not_found');
    expect((await ask('PUT', `${at}/cap`, { body: { capCents: null, namespaces: [] } })).body).toEqual({ capCents: null, namespaces: [] });
    for (const capCents of ['0', '-1', '1.5', 100]) expect((await ask('PUT', `${at}/cap`, { body: { capCents, namespaces: [] } })).body.code).toBe('request_invalid');
  });

  it('shows a draft to finance alone, and finalizes it with two persons above the limit', async () => {
    expect((await get(`${at}/invoices`)).body.items).toEqual([]);
    expect((await get(`${at}/invoices/${invoiceId}`)).body.code).toBe('invoice_not_found');
    const board = await get(`${desk}/close-board?period=${month}`, finance.cookie);
    const mine = board.body.items.find((item: { tenantId: string }) => item.tenantId === tenantId);
    expect(mine).toMatchObject({ state: 'draft', totalCents: '400' });
    expect(mine.gates.map(({ name, light }: { name: string; light: string }) => `${name} ${light}`)).toEqual(['sealed green', 'confirmed grey', 'compared grey', 'taxed grey', 'reviewed red', 'finalized grey', 'paid grey']);
    expect((await ask('POST', `${desk}/finalize`, { cookie: finance.cookie, body: { invoices: [invoiceId] } })).body.items).toMatchObject([{ outcome: 'approval_needed' }]);
    const [approval] = (await get(`${desk}/approvals`, finance.cookie)).body.items;
    expect(approval).toMatchObject({ action: 'finalize', amountCents: '400', subject: invoiceId, tenantId });
    const decide = (cookie: string) => ask('POST', `${desk}/approvals/${approval.id}/decision`, { cookie, body: { decision: 'approve' } });
    expect((await decide(finance.cookie)).body.code).toBe('permission_missing');
    expect(await decide(approver.cookie)).toMatchObject({ status: 200, body: { state: 'approved' } });
    expect((await decide(approver.cookie)).body.code).toBe('approval_decided');
    expect((await get(`${at}/invoices/${invoiceId}`)).body).toMatchObject({ state: 'finalized', number: 'WB-2026-000001', totalCents: '400', dueCents: '400' });
  });

  it('gives the invoice as JSON, PDF, CSV and export, all with the same total', async () => {
    const invoice = (await get(`${at}/invoices/${invoiceId}`)).body;
    const line = invoice.lines.find(({ dimension }: { dimension: string }) => dimension === 'mq_messages');
    expect((await get(`${at}/invoices/${invoiceId}/lines/${line.id}`)).body).toMatchObject({ amountE12: '400000000000000', namespaces: [{ namespaceId: owner.namespace, resources: [{ id: 'x_shop', amountE12: '400000000000000' }] }] });
    const pdf = await fetch(`${plane.service.url}${at}/invoices/${invoiceId}/pdf`, { headers: { cookie: `waybill_session=${owner.cookie}` } });
    expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(Buffer.from(await pdf.arrayBuffer()).subarray(0, 5).toString()).toBe('%PDF-');
    const csv = await fetch(`${plane.service.url}${at}/invoices/${invoiceId}/csv`, { headers: { cookie: `waybill_session=${owner.cookie}` } });
    expect([csv.headers.get('content-type'), (await csv.text()).split('\r\n').at(-2)]).toEqual(['text/csv; charset=utf-8', 'total,WB-2026-000001,,,,,,,,,,,,4.00,,USD']);
    expect((await get(`${at}/invoices/${invoiceId}/export`)).body).toMatchObject({ format: 'waybill.invoice-export.2', rows: [{ quantity: '11000000' }], invoice: { totalCents: '400' } });
  });

  it('freezes a disputed line, credits it after the decision, and takes the rest as a bank transfer', async () => {
    const line = (await get(`${at}/invoices/${invoiceId}`)).body.lines.find(({ dimension }: { dimension: string }) => dimension === 'mq_messages');
    const of = `${desk}/invoices/${invoiceId}`;
    const by = (body: unknown) => ({ cookie: finance.cookie, body });
    expect((await ask('POST', `${at}/invoices/${invoiceId}/lines/${line.id}/dispute`, { body: { reason: 'That was our load test' } })).body.disputes).toBe(1);
    expect((await ask('POST', `${of}/lines/${line.id}/credit-notes`, by({ amountCents: '50', reason: 'Goodwill' }))).body.code).toBe('invoice_dispute_open');
    expect((await ask('POST', `${of}/lines/${line.id}/dispute/decision`, by({ outcome: 'upheld', reason: 'Agreed' }))).status).toBe(204);
    expect((await ask('POST', `${of}/lines/${line.id}/credit-notes`, by({ amountCents: '50', reason: 'Goodwill' }))).body).toEqual({ outcome: 'done', approval: null });
    expect((await ask('POST', `${of}/lines/${line.id}/credit-notes`, by({ amountCents: '351', reason: 'Too much' }))).body).toMatchObject({ outcome: 'approval_needed' });
    const payment = { amountCents: '350', reference: 'SEPA-4711', receivedAt: '2026-02-10T00:00:00Z' };
    const asked = await ask('POST', `${of}/payments`, by(payment));
    expect(asked.body).toMatchObject({ outcome: 'approval_needed', approval: { action: 'payment', amountCents: '350' } });
    expect((await ask('POST', `${desk}/approvals/${asked.body.approval.id}/decision`, { cookie: approver.cookie, body: { decision: 'approve' } })).status).toBe(200);
    expect((await get(`${at}/invoices/${invoiceId}`)).body).toMatchObject({ state: 'paid', dueCents: '0', settledCents: '400', payments: [{ reference: 'SEPA-4711' }], creditNotes: [{ amountCents: '50', number: expect.stringMatching(/^CN-/) }] });
    expect((await ask('POST', `${of}/refunds`, by({ amountCents: '20', reason: 'They asked' }))).body.code).toBe('refund_needs_reference');
    expect((await ask('POST', `${of}/refunds`, by({ amountCents: '20', reference: 'SEPA-BACK', reason: 'They asked' }))).body).toEqual({ outcome: 'done', approval: null });
    expect((await get(`${at}/invoices/${invoiceId}`)).body).toMatchObject({ state: 'paid', refunds: [{ amountCents: '20', state: 'done', reference: 'SEPA-BACK', method: 'bank_transfer' }], creditNotes: [{ amountCents: '50' }, { amountCents: '20' }] });
    const again = await ask('POST', `${of}/payments`, by(payment));
    expect((await ask('POST', `${desk}/approvals/${again.body.approval.id}/decision`, { cookie: approver.cookie, body: { decision: 'approve' } })).body.code).toBe('invoice_state_conflict');
  });

  it('tells finance revenue, figures, who did what, and a journal in which debits equal credits', async () => {
    const read = async (path: string) => (await get(`${desk}/${path}`, finance.cookie)).body;
    expect(await read(`revenue?period=${month}&by=dimension`)).toMatchObject({ totals: [{ currency: 'USD', totalCents: '400' }], items: expect.arrayContaining([expect.objectContaining({ key: 'mq_messages', currency: 'USD', amountCents: '400' })]) });
    expect(await read(`overview?period=${month}`)).toMatchObject({ money: [{ currency: 'USD', invoicedCents: '400', paidCents: '400', openCents: '0' }], mayWrite: true, mayApprove: false, mode: 'offline' });
    expect(await read(`variance?period=${month}`)).toMatchObject({ stripe: 'off', checkedAt: null, tenants: 0, items: [] });
    const compared = await ask('POST', `${desk}/tenants/${tenantId}/comparison`, { cookie: finance.cookie, body: { period: month } });
    expect(compared).toMatchObject({ status: 200, body: { differences: 1 } });
    expect(await read(`variance?period=${month}`)).toMatchObject({
      stripe: 'off', checkedAt: compared.body.checkedAt, tenants: 1, failed: [],
      items: [{ tenantId, dimension: 'mq_messages', hour: '2026-01-10T10:00:00.000Z', ledger: '11000000', entries: '0', pushed: null, stripe: null, cause: 'ledger_changed', owner: 'finance' }],
    });
    expect((await read(`invoices?period=${month}`)).totals).toEqual([{ currency: 'USD', count: 1, totalCents: '400', dueCents: '0' }]);
    const actions = (await read(`events?subject=${invoiceId}`)).items.map(({ action, approvedBy }: { action: string; approvedBy: unknown }) => `${action} ${approvedBy === null ? 'one' : 'two'}`);
    expect(actions).toEqual(expect.arrayContaining(['invoice.finalized two', 'payment.recorded two', 'credit_note.made one', 'dispute.opened one', 'dispute.upheld one', 'approval.requested one', 'approval.approved one']));
    const [all, ofInvoice] = [(await read('events')).items as { action: string; actor: unknown; approvedBy: unknown; requestedBy: unknown }[], (await read(`invoices/${invoiceId}`)).history];
    const idOf = async (email: string) => String((await plane.fresh.query(`SELECT id FROM users WHERE email = '${email}'`))[0]!['id']);
    const [asker, decider] = [{ id: await idOf(finance.email), email: finance.email }, { id: await idOf(approver.email), email: approver.email }];
    for (const told of [all, ofInvoice]) {
      expect(told).toEqual(expect.arrayContaining([
        expect.objectContaining({ action: 'payment.recorded', actor: asker, approvedBy: decider, requestedBy: null }), expect.objectContaining({ action: 'approval.approved', actor: decider, requestedBy: asker }),
      ]));
    }
    expect((await read('approvals?state=approved')).items).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'payment', requestedBy: asker, decidedBy: decider })]));
    const journal = await fetch(`${plane.service.url}${desk}/journal?period=${month}`, { headers: { cookie: `waybill_session=${finance.cookie}` } });
    const lines = (await journal.text()).trim().split('\r\n').slice(1).map((line) => line.split(','));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.reduce((sum, [, , , , debit = '', credit = '']) => sum + Math.round(Number(debit) * 100) - Math.round(Number(credit) * 100), 0)).toBe(0);
  });

  it('names people to finance by e-mail address as long as they have an account, and to a tenant its own alone', async () => {
    const read = async (path: string, cookie: string) => (await get(path, cookie)).body;
    const [theirs, ours] = [await read(`${at}/invoices/${invoiceId}`, owner.cookie), await read(`${desk}/invoices/${invoiceId}`, finance.cookie)];
    const disputed = (of: typeof ours) => of.lines.find(({ dispute }: { dispute: unknown }) => dispute !== null).dispute.openedBy;
    expect([disputed(theirs).email, disputed(ours).email]).toEqual([owner.email, owner.email]);
    const approved = (of: typeof ours) => of.creditNotes.flatMap(({ approvedBy }: { approvedBy: unknown }) => approvedBy ?? []);
    await plane.fresh.query(`UPDATE credit_notes SET approved_by = (SELECT id FROM users WHERE email = '${approver.email}') WHERE invoice_id = '${invoiceId}'`);
    const id = expect.stringMatching(/^usr_/);
    expect(approved(await read(`${desk}/invoices/${invoiceId}`, finance.cookie))).toEqual([{ id, email: approver.email }, { id, email: approver.email }]);
    expect(approved(await read(`${at}/invoices/${invoiceId}`, owner.cookie))).toEqual([{ id, email: null }, { id, email: null }]);
    const leaving = await plane.newOwner();
    await plane.fresh.query(`INSERT INTO operators (user_id, role) SELECT id, 'finance' FROM users WHERE email = '${leaving.email}'`);
    await plane.fresh.query(`INSERT INTO tenant_deletions (tenant_id, invoice_id, invoice_number, overdue_since, planned_at) VALUES ('${tenantId}', '${invoiceId}', 'WB-1', now(), now())`);
    expect((await ask('PUT', `${desk}/tenants/${tenantId}/deletion-hold`, { cookie: leaving.cookie, body: { reason: 'They called' } })).status).toBe(204);
    const holder = async () => (await read(`${desk}/deletions`, finance.cookie)).items[0].hold.by;
    expect(await holder()).toEqual({ id, email: leaving.email });
    await plane.fresh.query(`DELETE FROM operators WHERE user_id = (SELECT id FROM users WHERE email = '${leaving.email}'); DELETE FROM users WHERE email = '${leaving.email}'`);
    expect(await holder()).toEqual({ id, email: null });
    expect((await read(`${desk}/events?subject=${tenantId}`, finance.cookie)).items[0]).toMatchObject({ action: 'deletion.held', actor: { id, email: null } });
    await plane.fresh.query('DELETE FROM tenant_deletions; DELETE FROM billing_alerts');
  });

  it('shows what a person must see to on overview and close board, and says that without Stripe nothing can be sent again', async () => {
    await plane.fresh.query(`INSERT INTO billing_alerts VALUES ('${tenantId}', 'meter_push_parked', '${tenantId} mq_messages', 'refused', now(), now(), NULL), (NULL, 'webhook_refused', 'signature', 'no valid signature', now() + interval '1 s', now(), NULL),
      ('${tenantId}', 'meter_push_too_old', '${tenantId}', 'is over', now(), now(), now())`);
    const read = async (path: string) => (await get(`${desk}/${path}`, finance.cookie)).body;
    expect((await read('overview')).alerts).toMatchObject([{ code: 'meter_push_parked', tenantId, tenant: expect.any(String) }, { code: 'webhook_refused', tenantId: null, tenant: null }]);
    const { items } = await read(`close-board?period=${month}`);
    expect(items[0]).toMatchObject({ tenantId, alerts: [{ code: 'meter_push_parked', detail: 'refused' }] });
    expect(items[1].alerts).toEqual([]);
    const again = (tenant: string, body: unknown) => ask('POST', `${desk}/tenants/${tenant}/pushes/send-again`, { cookie: finance.cookie, body });
    expect((await again(tenantId, { reason: 'the cause is gone' })).body.code).toBe('stripe_off');
    expect((await again('tnt_absent', { reason: 'the cause is gone' })).body.code).toBe('tenant_not_found');
    expect((await again(tenantId, {})).body.code).toBe('request_invalid');
    await plane.fresh.query('DELETE FROM billing_alerts');
  });

  it('row 27: answers what belongs to another tenant exactly like what does not exist', async () => {
    const foreign = { invoice: invoiceId, line: String((await plane.fresh.query(`SELECT id FROM invoice_lines WHERE invoice_id = '${invoiceId}'`))[0]!['id']), priceBook: 'pb_theirs' };
    const absent = { invoice: 'inv_06gzqqyxpwgv21p0t6djy5mm5m', line: 'il_06gzqqyxpwgv21p0t6djy5mm5m', priceBook: 'pb_absent' };
    await plane.fresh.query(`INSERT INTO price_books VALUES ('pb_theirs', '${tenantId}', 'theirs', 1, 'USD', 'committed', '{"baseFeeCents":"0","minimumCents":"0","includedCreditCents":"0"}', now())`);
    const named = controlOperations.filter(({ path }) => path.startsWith(at) && path.includes('{'));
    expect(named.map(({ id }) => id).sort()).toEqual(['disputeLine', 'exportInvoice', 'getInvoice', 'getInvoiceCsv', 'getInvoiceLine', 'getInvoicePdf', 'getPriceBook']);
    for (const { method, path, id } of named) {
      const fill = (ids: Record<string, string>) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name]!);
      const call = (ids: Record<string, string>) => ask(method, fill(ids), { cookie: other.cookie, ...(id === 'disputeLine' ? { body: { reason: 'mine now' } } : {}) });
      const [theirs, none] = [await call(foreign), await call(absent)];
      expect({ ...theirs.body, instance: '' }).toEqual({ ...none.body, instance: '' });
      expect(theirs.status).toBe(404);
    }
    for (const table of ['invoices', 'invoice_lines', 'invoice_sub_lines', 'billing_periods', 'payments', 'credit_notes', 'invoice_disputes', 'billing_profiles', 'usage_records']) {
      const seen = await plane.fresh.database.withTenant('tnt_nobody', (tx) => tx.$queryRawUnsafe<unknown[]>(`SELECT * FROM ${table}`));
      expect({ table, rows: seen.length }).toEqual({ table, rows: 0 });
    }
    for (const table of ['operators', 'finance_events', 'finance_approvals', 'invoice_numbers']) {
      expect(await plane.fresh.database.withTenant(tenantId, (tx) => tx.$queryRawUnsafe<unknown[]>(`SELECT * FROM ${table}`))).toEqual([]);
    }
  });

  it('opens finance to operators alone, whatever their role in a tenant', async () => {
    const operations = controlOperations.filter(({ path }) => path.startsWith(desk));
    expect(operations.length).toBeGreaterThan(20);
    for (const { method, path } of operations) {
      const url = path.replace(/\{\w+\}/g, 'x');
      expect((await ask(method, url, { body: method === 'GET' ? undefined : {} })).body.code).toBe('permission_missing');
    }
  });
});
