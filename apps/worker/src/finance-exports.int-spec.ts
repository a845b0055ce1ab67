import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ExportRunStore, exportLeaseMs, exportRetriesMs, openBilling, openExports } from '@waybill/billing';
import type { Billing, ExportTarget, ScheduledExports, ScheduleInput } from '@waybill/billing';
import { ObjectTargets } from '@waybill/body-store';
import { GuardedUpload, openEgress, SecretBox } from '@waybill/delivery';
import { HeldClock, Secret, silentLogger } from '@waybill/kernel';
import { Bucket, bucketCredentials, eventually, freshDatabase, newHome } from '@waybill/testing';
import type { FreshDatabase } from '@waybill/testing';

const start = Date.UTC(2026, 1, 10, 9);
const dayMs = 86_400_000;
const key = 'books/journal/2026-02/2026-02-09.csv';
const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

describe('exports that are sent by the clock', () => {
  let fresh: FreshDatabase;
  let bucket: Bucket;
  let folder: string;
  let clock: HeldClock;
  let billing: Billing;
  let schedules: ScheduledExports;

  beforeAll(async () => {
    fresh = await freshDatabase();
    bucket = await Bucket.open();
    folder = await mkdtemp(path.join(tmpdir(), 'waybill-exports-'));
    await invoice('tnt_1', 'WB-2026-000001', '2026-02-03Z');
    await payment('pay_1', '2026-02-09T23:59:59Z');
  });
  afterAll(async () => {
    await bucket?.close();
    await fresh?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await fresh.query('DELETE FROM export_schedules; DELETE FROM billing_alerts');
    bucket.objects.clear();
    bucket.calls.length = 0;
    bucket.failing = undefined;
    clock = new HeldClock(start);
    const never = () => {
      throw new Error('exports ask for nothing of it');
    };
    billing = openBilling({
      database: fresh.database, logger: silentLogger, clock, gate: { set: never, quota: never }, prices: { publish: never }, notify: never,
      rules: { defaultPlan: 'payg', reviewAboveCents: 0n, twoPersonLimitCents: 0n },
    });
    schedules = process().schedules;
  });

  /** As one process opens them: a control plane or a worker. */
  const process = ({ allow = ['127.0.0.0/8'], below = folder }: { allow?: string[]; below?: string | null } = {}) =>
    openExports({
      database: fresh.database, billing, logger: silentLogger, box: new SecretBox(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`)),
      targets: new ObjectTargets({ egress: new GuardedUpload(openEgress({ allow, ports: ['1-65535'] })), folder: below ?? undefined }),
    });
  const place = (): ExportTarget => ({ kind: 'bucket', endpoint: `http://${bucket.host}`, region: bucketCredentials.region, bucket: 'bucket', prefix: 'books', accessKeyId: bucketCredentials.accessKeyId });
  const inputOf = (given: Partial<ScheduleInput> = {}): ScheduleInput => ({ name: 'Books', export: 'journal', every: 'daily', target: place(), paused: false, secret: new Secret(bucketCredentials.secretAccessKey), ...given });
  const runs = async () => (await schedules.list()).flatMap((schedule) => schedule.runs);
  const alerts = async () => (await billing.alerts.open()).map(({ code, detail }) => ({ code, detail }));

  async function invoice(tenantId: string, number: string, finalized: string): Promise<void> {
    await fresh.query(`
      INSERT INTO invoices (tenant_id, id, number, state, period_start, period_end, plan, price_book_id, currency, subtotal_cents, credit_cents, total_cents, settled_cents, evidence, computed_at)
      VALUES ('${tenantId}', 'inv_${number}', '${number}', 'draft', '2026-01-01Z', '2026-02-01Z', 'payg', 'pb_list1', 'USD', 100, 0, 100, 0, decode(repeat('00', 32), 'hex'), '2026-02-01Z');
      INSERT INTO invoice_lines (tenant_id, invoice_id, id, position, kind, dimension, description, quantity, free_quantity, billed_quantity, unit, unit_price, tiers, amount_e12, amount_cents)
      VALUES ('${tenantId}', 'inv_${number}', 'inl_1', 1, 'usage', 'mq_messages', '=Messages', 5, 0, 5, 'message', '20', '[]', 100000000000000, 100);
      UPDATE invoices SET state = 'finalized', finalized_at = '${finalized}', due_at = '2026-03-15Z' WHERE id = 'inv_${number}'`);
  }

  const payment = (id: string, at: string) =>
    fresh.query(`INSERT INTO payments (tenant_id, id, invoice_id, amount_cents, method, reference, received_at, recorded_by) VALUES ('tnt_1', '${id}', 'inv_WB-2026-000001', 100, 'bank_transfer', '${id}', '${at}', 'test')`);

  it('are whole files under a key that says what they are of, and noted with bytes and digest', async () => {
    await schedules.create(inputOf(), 'usr_1');
    expect(await process().runner.run()).toEqual({ planned: 1, done: 1, retried: 0, failed: 0 });
    const { body } = bucket.objects.get(key)!;
    expect(body.toString()).toBe('day,document,tenant,account,debit,credit,currency\r\n2026-02-09,pay_1,tnt_1,1000 Bank,1.00,,USD\r\n2026-02-09,pay_1,tnt_1,1200 Receivables,,1.00,USD\r\n');
    expect(await runs()).toEqual([expect.objectContaining({ due: '2026-02-09', state: 'done', attempts: 1, bytes: body.length, sha256: sha256(body), objectKey: key, error: null, nextAtMs: null })]);
    expect(await process().runner.run()).toMatchObject({ planned: 0, done: 0 });
  });

  it('hold the lines of the invoices finalized in the month, once the month is over and has no draft left', async () => {
    clock = new HeldClock(Date.UTC(2026, 2, 1, 23));
    billing = { ...billing, clock };
    schedules = process().schedules;
    await schedules.create(inputOf({ export: 'invoice_lines', every: 'monthly' }), 'usr_1');
    await process().runner.run();
    expect([...bucket.objects.keys()]).toEqual(['books/invoice-lines/2026-01/2026-01.csv']);
    await fresh.query(`INSERT INTO invoices (tenant_id, id, state, period_start, period_end, plan, price_book_id, currency, subtotal_cents, credit_cents, total_cents, settled_cents, evidence, computed_at)
      VALUES ('tnt_2', 'inv_draft', 'draft', '2026-02-01Z', '2026-03-01Z', 'payg', 'pb_list1', 'USD', 0, 0, 0, 0, decode(repeat('00', 32), 'hex'), '2026-03-01Z')`);
    clock.advance(dayMs);
    expect(await process().runner.run()).toMatchObject({ planned: 1, done: 0 });
    expect((await runs())[0]).toMatchObject({ due: '2026-02', state: 'waiting', nextAtMs: null, error: 'Waits until every tenant has closed 2026-02: 1 has not, the first is tnt_2. The board of the close says why.' });
    await fresh.query(`DELETE FROM invoices WHERE id = 'inv_draft'`);
    expect(await process().runner.run()).toMatchObject({ planned: 0, done: 1 });
    expect(bucket.objects.get('books/invoice-lines/2026-02/2026-02.csv')!.body.toString().split('\r\n')[1]).toBe("WB-2026-000001,2026-02-03T00:00:00.000Z,tnt_1,payg,2026-01,inl_1,usage,mq_messages,'=Messages,5,0,5,message,1.00,100,USD");
  });

  it('of a month wait for a tenant that has neither a draft nor closed it, also when a person asks for them, and say whom they wait for', async () => {
    clock = new HeldClock(Date.UTC(2026, 2, 2, 9));
    billing = { ...billing, clock };
    schedules = process().schedules;
    const { caller: { tenantId } } = await newHome(fresh.database);
    const later = await newHome(fresh.database);
    await fresh.query(`UPDATE tenants SET created_at = '2026-02-11Z' WHERE id = '${tenantId}'; UPDATE tenants SET created_at = '2026-03-01Z' WHERE id = '${later.caller.tenantId}'`);
    const id = await schedules.create(inputOf({ every: 'monthly' }), 'usr_1');
    const error = `Waits until every tenant has closed 2026-02: 1 has not, the first is ${tenantId}. The board of the close says why.`;
    for (let time = 0; time < 2; time += 1) {
      expect(await process().runner.run()).toMatchObject({ done: 0, retried: 0, failed: 0 });
      expect(await runs()).toEqual([expect.objectContaining({ due: '2026-02', state: 'waiting', attempts: 0, nextAtMs: null, error })]);
      await schedules.runNow(id, 'usr_1');
    }
    await fresh.query(`INSERT INTO billing_periods (tenant_id, starts_at, ends_at, state) VALUES ('${tenantId}', '2026-02-01Z', '2026-03-01Z', 'closed')`);
    expect(await process().runner.run()).toMatchObject({ done: 1 });
    expect(await runs()).toEqual([expect.objectContaining({ due: '2026-02', state: 'done', error: null })]);
  });

  it('are not planned back by a worker that read the schedule before another one went further', async () => {
    const id = await schedules.create(inputOf(), 'usr_1');
    await process().runner.run();
    const store = new ExportRunStore(fresh.database);
    let behind: Promise<number> | undefined;
    await fresh.database.asSystem(async (tx) => {
      await tx.exportSchedule.update({ where: { id }, data: { plannedDue: '2026-02-12' } });
      behind = store.plan(start + dayMs);
      await eventually(async () => expect(await fresh.query(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).toHaveLength(1));
    });
    expect([await behind, await fresh.query('SELECT planned_due FROM export_schedules')]).toEqual([0, [{ planned_due: '2026-02-12' }]]);
  });

  it('hold the hours of the ledger of all tenants, those that are not sealed marked', async () => {
    await fresh.query(`SELECT usage_ensure_month('2026-02-01');
      INSERT INTO usage_records (tenant_id, namespace_id, hour, dimension, cause, resource_id, quantity, revision) VALUES
      ('tnt_2', 'ns_2', '2026-02-09T23:00Z', 'mq_messages', 'publish', '=x_2', 7, 1), ('tnt_1', 'ns_1', '2026-02-09T22:00Z', 'mq_messages', 'publish', 'x_1', 5, 1), ('tnt_1', 'ns_1', '2026-02-10T00:00Z', 'mq_messages', 'publish', 'x_1', 9, 1);
      INSERT INTO usage_hours (tenant_id, namespace_id, hour, sealed_at, sealed_by, records, sha256) VALUES ('tnt_1', 'ns_1', '2026-02-09T22:00Z', '2026-02-09T23:10Z', 'watermark', 1, decode(repeat('00', 32), 'hex'))`);
    await schedules.create(inputOf({ export: 'hour_rows' }), 'usr_1');
    await process().runner.run();
    expect(bucket.objects.get('books/hour-rows/2026-02/2026-02-09.csv')!.body.toString().split('\r\n')).toEqual([
      'hour,tenant,namespace,dimension,cause,resource,quantity,sealed by', '2026-02-09T22:00:00.000Z,tnt_1,ns_1,mq_messages,publish,x_1,5,watermark', "2026-02-09T23:00:00.000Z,tnt_2,ns_2,mq_messages,publish,'=x_2,7,", '',
    ]);
  });

  it('hold the invoices that were finalized in the time, as lines of JSON and as PDFs that tar unpacks', async () => {
    await billing.prepare();
    for (const kind of ['invoice_json', 'invoice_pdf'] as const) await schedules.create(inputOf({ name: kind, export: kind }), 'usr_1');
    expect(await process().runner.run()).toMatchObject({ done: 2 });
    const json = bucket.objects.get('books/invoice-json/2026-02/2026-02-09.ndjson')!.body.toString().split('\n');
    expect(json).toHaveLength(2);
    expect(JSON.parse(json[0]!)).toMatchObject({ tenantId: 'tnt_1', number: 'WB-2026-000001', state: 'finalized', totalCents: '100', lines: [{ id: 'inl_1', quantity: '5', amountCents: '100' }], payments: [{ id: 'pay_1' }] });
    const tar = path.join(folder, 'invoices.tar');
    await writeFile(tar, bucket.objects.get('books/invoice-pdf/2026-02/2026-02-09.tar')!.body);
    expect(execFileSync('tar', ['-tf', tar]).toString()).toBe('WB-2026-000001.pdf\n');
    expect(execFileSync('tar', ['-xOf', tar]).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('make up for the days that were missed, each up to its own end', async () => {
    await schedules.create(inputOf(), 'usr_1');
    await process().runner.run();
    await payment('pay_2', '2026-02-12T08:00:00Z');
    clock.advance(4 * dayMs);
    expect(await process().runner.run()).toMatchObject({ planned: 4, done: 4 });
    const has = (day: string) => bucket.objects.get(`books/journal/2026-02/${day}.csv`)!.body.toString().includes('pay_2');
    expect(['2026-02-10', '2026-02-11', '2026-02-12', '2026-02-13'].map(has)).toEqual([false, false, true, true]);
  });

  it('are made once by two workers', async () => {
    await schedules.create(inputOf(), 'usr_1');
    const made = await Promise.all([process().runner.run(), process().runner.run(), process().runner.run()]);
    expect(made.reduce((sum, { done }) => sum + done, 0)).toBe(1);
    expect(bucket.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(1);
  });
  it('are sent again after an error of the bucket, over the same key', async () => {
    await schedules.create(inputOf(), 'usr_1');
    bucket.failing = { call: /^PUT/, status: 500, times: 1 };
    expect(await process().runner.run()).toMatchObject({ done: 0, retried: 1 });
    expect(bucket.objects.size).toBe(0);
    expect(await runs()).toEqual([expect.objectContaining({ state: 'waiting', error: 'The bucket answered 500 Injected: it is in trouble; try again later.', nextAtMs: start + exportRetriesMs[0]! })]);
    expect(await process().runner.run()).toMatchObject({ done: 0, retried: 0 });
    clock.advance(exportRetriesMs[0]!);
    expect(await process().runner.run()).toMatchObject({ done: 1 });
    expect([...bucket.objects.keys()]).toEqual([key]);
    expect(await alerts()).toEqual([]);
  });

  it('with a wrong secret are given up after the last attempt with an alert, which goes with the next success', async () => {
    const id = await schedules.create(inputOf({ secret: new Secret('wrong') }), 'usr_1');
    for (const waitMs of exportRetriesMs) {
      expect(await process().runner.run()).toMatchObject({ retried: 1, failed: 0 });
      expect(await alerts()).toEqual([]);
      clock.advance(waitMs);
    }
    expect(await process().runner.run()).toMatchObject({ retried: 0, failed: 1 });
    const error = 'The bucket answered 403 SignatureDoesNotMatch: check the key id, the secret, and that the key may write there.';
    expect(await runs()).toEqual([expect.objectContaining({ state: 'failed', attempts: exportRetriesMs.length + 1, nextAtMs: null, error })]);
    expect(await alerts()).toEqual([{ code: 'export_failed', detail: `Books, 2026-02-09: ${error}` }]);
    await expect(schedules.test(id, 'usr_1')).rejects.toMatchObject({ code: 'export_target_failed', message: `Correct the target and try again: t${error.slice(1)}` });
    await schedules.replace(id, inputOf(), 'usr_1');
    await schedules.runNow(id, 'usr_1');
    expect(await process().runner.run()).toMatchObject({ done: 1 });
    expect(await alerts()).toEqual([]);
  });

  it('go nowhere the guard refuses, when they are set and when they are sent', async () => {
    const strict = process({ allow: [] });
    await expect(strict.schedules.create(inputOf(), 'usr_1')).rejects.toMatchObject({ code: 'egress_refused', params: { setting: 'endpoint', rule: 'egress_private_address' } });
    await schedules.create(inputOf(), 'usr_1');
    expect(await strict.runner.run()).toMatchObject({ done: 0, retried: 1 });
    expect((await runs())[0]!.error).toMatch(/^The endpoint may not be called: 127\.0\.0\.1 is not a public address/);
    expect(bucket.objects.size).toBe(0);
  });

  it('are taken up and written once more when the worker dies between upload and note, and not before its time is over', async () => {
    await schedules.create(inputOf(), 'usr_1');
    await fresh.query(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
      CREATE TRIGGER die BEFORE UPDATE ON export_runs FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION die()`);
    await expect(process().runner.run()).rejects.toThrow(/killed/);
    await fresh.query('DROP TRIGGER die ON export_runs; DROP FUNCTION die()');
    const first = bucket.objects.get(key)!.body;
    expect(await runs()).toEqual([expect.objectContaining({ state: 'running' })]);
    expect(await process().runner.run()).toMatchObject({ done: 0 });
    clock.advance(exportLeaseMs);
    expect(await process().runner.run()).toMatchObject({ done: 1 });
    expect([...bucket.objects.keys()]).toEqual([key]);
    expect(bucket.objects.get(key)!.body).toEqual(first);
    expect(await runs()).toEqual([expect.objectContaining({ state: 'done', attempts: 2 })]);
  });

  it('are written into a folder by a name that is only there when they are whole, and never out of it', async () => {
    const id = await schedules.create(inputOf({ target: { kind: 'folder', prefix: 'books' }, secret: null }), 'usr_1');
    await process().runner.run();
    expect(await readdir(path.join(folder, 'books/journal/2026-02'))).toEqual(['2026-02-09.csv']);
    expect(sha256(await readFile(path.join(folder, key)))).toBe((await runs())[0]!.sha256);
    await symlink(tmpdir(), path.join(folder, 'out'));
    await schedules.replace(id, inputOf({ target: { kind: 'folder', prefix: 'out/books' }, secret: null }), 'usr_1');
    await expect(schedules.test(id, 'usr_1')).rejects.toMatchObject({ code: 'export_folder_refused' });
    await expect(process({ below: null }).schedules.create(inputOf({ name: 'Other', target: { kind: 'folder', prefix: '' }, secret: null }), 'usr_1')).rejects.toMatchObject({ code: 'export_folder_refused', message: expect.stringContaining('EXPORT_FOLDER') });
  });

  it('remove from a folder what a worker that was killed left half written, and not what another one writes', async () => {
    const place = path.join(folder, 'half/journal/2026-02');
    await mkdir(place, { recursive: true });
    const partOf = (name: string) => path.join(place, `${name}.csv.${randomUUID()}.part`);
    const [left, written] = [partOf('2026-02-08'), partOf('2026-02-07')];
    for (const part of [left, written]) await writeFile(part, 'half');
    const hourAgo = Date.now() / 1_000 - 3_600;
    await utimes(left, hourAgo, hourAgo);
    await schedules.create(inputOf({ target: { kind: 'folder', prefix: 'half' }, secret: null }), 'usr_1');
    expect(await process().runner.run()).toMatchObject({ done: 1 });
    expect((await readdir(place)).sort()).toEqual([path.basename(written), '2026-02-09.csv'].sort());
  });

  it('keep a secret for the place it was given for, sealed, and every change in the history without it', async () => {
    const id = await schedules.create(inputOf(), 'usr_1');
    await schedules.replace(id, inputOf({ secret: null, paused: true }), 'usr_2');
    await expect(schedules.replace(id, inputOf({ secret: null, target: { ...place(), bucket: 'another' } as ExportTarget }), 'usr_2')).rejects.toMatchObject({ code: 'export_secret_missing' });
    await expect(schedules.create(inputOf(), 'usr_1')).rejects.toMatchObject({ code: 'export_schedule_name_taken' });
    expect(await process().runner.run()).toMatchObject({ planned: 0, done: 0 });
    expect(await schedules.test(id, 'usr_1')).toBe('books/waybill-test.txt');
    await schedules.remove(id, 'usr_1');
    await expect(schedules.remove(id, 'usr_1')).rejects.toMatchObject({ code: 'export_schedule_not_found' });
    const history = await billing.events.list({ subject: id }, undefined, 10);
    expect(history.map(({ action, actor }) => `${action} ${actor}`).sort()).toEqual(['export_schedule.changed usr_2', 'export_schedule.created usr_1', 'export_schedule.deleted usr_1', 'export_schedule.tested usr_1']);
    expect(JSON.stringify(history)).not.toContain(bucketCredentials.secretAccessKey);
  });
});
