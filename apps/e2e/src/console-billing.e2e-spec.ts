import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Page } from 'playwright-core';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { call, Customer, eventually, expectStatus } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

const now = new Date();
/** The month before this one: what its hours hold is put into the ledger, because no test can wait for a month to pass. */
const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(lastMonth);
const dayOf = (day: number) => new Date(lastMonth.getTime() + (day - 1) * 86_400_000).toISOString().slice(0, 10);

/** Live cost, limits, an invoice opened down to its hours, and finance: as a customer and as an operator see them. */
describeInBrowser('billing in the console, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let page: Page;
  let home: string;
  let customer: Customer;
  let operator: Customer;

  beforeAll(async () => {
    stack = await startInstallation({ settings: { PERIOD_CLOSE_SECONDS: '2', BILLING_REVIEW_ABOVE_CENTS: '1000000' } });
    home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    [customer, operator] = [await Customer.signUp(stack.controlPlane.url), await Customer.signUp(stack.controlPlane.url)];
    await customer.queue('orders');
    const abroad: (readonly [Customer, string])[] = [];
    for (const currency of ['EUR', 'JPY']) {
      const tenant = await Customer.signUp(stack.controlPlane.url);
      await tenant.queue('orders');
      abroad.push([tenant, currency]);
    }
    await seedLastMonth(stack.databaseUrl, customer, operator, abroad);
    const key = await customer.key('publish');
    for (let i = 0; i < 20; i += 1) {
      expectStatus(await call('POST', `${gatewayUrl(stack)}/v1/queues/orders/messages`, { headers: { authorization: `Bearer ${key.secret}`, 'content-type': 'text/plain' }, raw: 'x'.repeat(2_000) }), 201);
    }
    browser = await openBrowser();
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const section = (name: string) => page.getByRole('navigation', { name: /Billing|Finance/ }).getByRole('link', { name, exact: true }).click();
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });

  async function signIn(as: Customer): Promise<void> {
    await page.context().clearCookies();
    await page.goto(`${home}/sign-in`);
    await page.getByLabel('E-mail').fill(as.email);
    await page.getByLabel('Password', { exact: true }).fill(as.password);
    await button('Sign in').click();
    await heading('Overview');
  }

  it('shows what the month costs so far, and the invoice it would be', async () => {
    await signIn(customer);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Billing', exact: true }).click();
    await heading('Billing');
    await page.getByText('Invoices are paid by bank transfer.').waitFor();
    await page.getByRole('group', { name: 'So far' }).getByText('$0.00').waitFor();
    await button('Show preview').click();
    await page.getByRole('table', { name: 'Invoice lines' }).waitFor();
    await browser.capture('billing-cost');
    expect(await overflow(page)).toBe(0);
  });

  it('sets a spend cap and refuses what is no amount', async () => {
    await section('Plan and limits');
    await heading('Plan and limits');
    const cap = page.getByLabel('For everything, USD a month');
    await cap.fill('a lot');
    await button('Save cap').click();
    await page.getByText('Enter an amount above 0, like 50 or 49.90.').first().waitFor();
    await cap.fill('123.45');
    await button('Save cap').click();
    await page.getByText('The spend cap is in force within 10 seconds.').waitFor();
    await browser.capture('billing-plan');
    expect(await overflow(page)).toBe(0);
  });

  it('changes the plan from the next month on, and takes it back', async () => {
    await button('Choose Team').click();
    await button('Change to Team').click();
    await page.getByText('next month', { exact: true }).waitFor();
    await button('Stay with Pay-as-you-go').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stay with Pay-as-you-go' }).click();
    await page.getByText('next month', { exact: true }).waitFor({ state: 'detached' });
  });

  it('calculates a month and compares a past one with another plan', async () => {
    await section('Estimate');
    await heading('Estimate');
    await button('Calculate').click();
    await page.getByText('Total before tax').first().waitFor();
    await page.getByRole('region', { name: 'Another plan' }).getByLabel('Plan', { exact: true }).first().click();
    await page.getByRole('option', { name: 'Team', exact: true }).click();
    await page.getByRole('group', { name: 'On the other plan' }).getByText('$49.00').waitFor();
    await browser.capture('billing-estimate');
  });

  it('opens an invoice to its lines, shares, days and hours, each adding up to the one above', async () => {
    await section('Invoices');
    await page.getByText(monthName, { exact: true }).waitFor({ timeout: 60_000 }).catch(async () => page.reload());
    await page.getByRole('link', { name: /^WB-/ }).click();
    await heading(/^WB-/);
    await browser.capture('invoice');
    await page.getByRole('row', { name: /\$4\.00/ }).getByRole('link').click();
    await page.getByText('Exactly $4.00').waitFor();
    await browser.capture('invoice-line');
    await page.getByRole('table', { name: /^Shares of/ }).getByRole('link').first().click();
    await page.getByText('11,000,000 messages in all.').waitFor();
    await page.getByRole('table', { name: 'Days' }).getByRole('link').first().click();
    await page.getByRole('table', { name: 'Hours' }).getByRole('link').first().click();
    await page.getByText('Not kept any more').waitFor();
    await browser.capture('invoice-evidence');
    expect(await overflow(page)).toBe(0);
  });

  it('disputes a line', async () => {
    await page.goBack();
    await page.goto(`${home}/namespaces/${customer.namespaceId}/billing/invoices`);
    await page.getByRole('link', { name: /^WB-/ }).click();
    await page.getByRole('row', { name: /\$4\.00/ }).getByRole('link').click();
    await button('Dispute').click();
    await page.getByLabel('What is wrong').fill('We sent half of that.');
    await button('Dispute line').click();
    await page.getByText(/the line is frozen until finance has decided/).waitFor();
  });

  it('keeps finance from customers', async () => {
    await page.goto(`${home}/finance`);
    await page.getByRole('heading', { name: 'There is nothing here' }).or(page.getByText(/not found/i)).first().waitFor();
  });

  it('shows finance usage that could not be booked, and asks for a second person to drop it', async () => {
    await signIn(operator);
    await count(stack.redisUrl, customer.namespaceId, 'not|a|field');
    await page.goto(`${home}/finance`);
    await heading('Finance');
    await eventually(async () => {
      await page.reload();
      await page.getByRole('region', { name: 'Alerts' }).getByText('Usage could not be booked').waitFor({ timeout: 2_000 });
    });
    await button(/^See to usage of/).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/not understood: field/).waitFor();
    await dialog.getByLabel('Reason').fill('A test of ours wrote it.');
    await browser.capture('finance-usage-batch');
    expect(await overflow(page)).toBe(0);
    await dialog.getByRole('radio', { name: /^Drop it for good/ }).click();
    await dialog.getByRole('button', { name: 'Ask for it' }).click();
    await page.getByText('Another person must approve this first').waitFor();
    await section('Approvals');
    await page.getByRole('table', { name: 'Approvals' }).getByText('Unbooked usage').first().waitFor();
    await browser.capture('finance-usage-batch-approval');
  });

  it('closes the month, decides the dispute and records the payment as an operator', async () => {
    await signIn(operator);
    await page.goto(`${home}/finance`);
    await heading('Finance');
    await page.getByRole('group', { name: 'Disputes' }).getByText('1').waitFor();
    for (const [currency, amount] of [['USD', '$4.00'], ['EUR', '€4.00'], ['JPY', '¥400']] as const) {
      await page.getByRole('region', { name: `In ${currency}` }).getByRole('group', { name: 'Invoiced' }).getByText(amount, { exact: true }).waitFor({ timeout: 60_000 });
    }
    await browser.capture('finance');
    await page.getByRole('region', { name: 'Alerts' }).getByText('Usage was refused').first().waitFor();
    await button(/^Send usage of .* again$/).click();
    await page.getByLabel('What was done about the cause').fill('The clock was set right.');
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('dialog').getByText(/Payments by card are off in/).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await section('Close board');
    await heading('Close board');
    await page.getByText('Usage was refused').first().waitFor();
    await page.getByRole('list', { name: /^Gates of/ }).first().waitFor();
    await browser.capture('finance-close');
    await section('Invoices');
    for (const total of ['$4.00', '€4.00', '¥400']) await page.getByText(`${total} in all`).waitFor();
    await browser.capture('finance-invoices');
    await page.getByRole('row', { name: /\$4\.00/ }).getByRole('link', { name: /^WB-/ }).click();
    await heading(/^WB-/);
    await button(/^Decide dispute/).click();
    await page.getByLabel(/^Reason/).fill('Counted twice from the log.');
    await page.getByRole('dialog').getByRole('button', { name: 'Decide' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await button('Record payment').click();
    await page.getByLabel('Reference').fill('SEPA 2026-4711');
    await page.getByRole('dialog').getByRole('button', { name: 'Record payment' }).click();
    await page.getByText('SEPA 2026-4711').first().waitFor();
    await browser.capture('finance-invoice');
    await button('Compare counts').click();
    await page.getByText(/^Compared\. /).first().waitFor();
    await section('Variance');
    await heading('Variance');
    await page.getByText(/There is no Stripe here/).waitFor();
    await button(/^Compare .* again$/).first().click();
    await page.getByText(/^Compared\. /).first().waitFor();
    await page.getByText('the ledger is not the sum of its entries').first().waitFor();
    await browser.capture('finance-variance');
    expect(await overflow(page)).toBe(0);
    for (const [name, title] of [['Revenue', 'Revenue'], ['Approvals', 'Approvals'], ['History', 'History']] as const) {
      await section(name);
      await heading(title);
      if (name === 'Revenue') await page.getByText('€4.00, ¥400, and $4.00 in').waitFor();
      await browser.capture(`finance-${name.toLowerCase()}`);
      expect(await overflow(page)).toBe(0);
    }
    expect(browser.faults).toEqual([]);
  });

  it('says that it is a demonstration, and takes its months from the server', async () => {
    await page.route('**/api/v1/installation', (route) => route.fulfill({ json: { now: '2031-03-15T09:00:00.000Z', demonstration: true } }));
    await page.goto(`${home}/finance/close`);
    await heading('Close board');
    await page.getByRole('note', { name: 'Demonstration' }).getByText(/the month that runs is March 2031/).waitFor();
    expect(await page.getByRole('textbox', { name: 'Month' }).or(page.getByRole('combobox', { name: 'Month' })).first().inputValue()).toBe('February 2031');
    await page.goto(`${home}/finance/history`);
    await heading('History');
    await browser.capture('demonstration');
    expect(await overflow(page)).toBe(0);
    await page.unroute('**/api/v1/installation');
  });
});

/**
 * Eleven million messages of last month in the ledger of each, as the drains would have left them; contracts in other currencies; and a person
 * who may see finance.
 */
async function seedLastMonth(databaseUrl: string, customer: Customer, operator: Customer, abroad: readonly (readonly [Customer, string])[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`INSERT INTO operators (user_id, role) SELECT id, 'finance' FROM users WHERE email = '${operator.email}'; SELECT usage_ensure_month('${dayOf(1)}')`);
    const end = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())).toISOString();
    for (const [{ tenantId, namespaceId }, currency] of [...abroad, [customer, 'USD'] as const]) {
      await client.query(`UPDATE tenants SET created_at = '2025-01-01Z' WHERE id = '${tenantId}'; UPDATE namespaces SET created_at = '2025-01-01Z' WHERE id = '${namespaceId}'`);
      if (currency !== 'USD') await contractIn(client, tenantId, currency);
      const used = ([[10, 6_000_000], [11, 5_000_000]] as const).map(([day, quantity]) => `
        INSERT INTO usage_records SELECT '${tenantId}', '${namespaceId}', '${dayOf(day)}T10:00:00Z', 'mq_messages', 'publish', id, ${quantity}, 1 FROM queues WHERE namespace_id = '${namespaceId}';
        INSERT INTO usage_days SELECT '${tenantId}', 'mq_messages', '${namespaceId}', id, 'publish', '${dayOf(day)}', ${quantity} FROM queues WHERE namespace_id = '${namespaceId}';`);
      // In one transaction, from a watermark that is held back: the worker seals as well, and usage of a sealed hour is refused.
      await client.query(`
        INSERT INTO usage_watermarks VALUES ('${tenantId}', '${namespaceId}', 'epoch', '${end}', '${end}') ON CONFLICT (tenant_id, namespace_id) DO UPDATE SET sealed_through = 'epoch';
        ${used.join('')}
        UPDATE usage_watermarks SET sealed_through = '${end}' WHERE tenant_id = '${tenantId}' AND namespace_id = '${namespaceId}'`);
    }
    await client.query(`INSERT INTO billing_alerts VALUES ('${customer.tenantId}', 'meter_push_parked', '${customer.tenantId} mq_messages', 'mq_messages of ${dayOf(10)}T10:00:00Z: timestamp_too_far_in_future', now(), now(), NULL)`);
  } finally {
    await client.end();
  }
}

/** A counter of the version to come, as if a gateway had it. */
async function count(redisUrl: string, namespaceId: string, field: string): Promise<void> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  socket.write(`HSET {${namespaceId}}:usage:open ${field} 1\r\n`);
  await once(socket, 'data');
  socket.destroy();
}

/** The price list in another currency, and a contract on it: what finance agrees with a customer abroad. */
async function contractIn(client: pg.Client, tenantId: string, currency: string): Promise<void> {
  const book = `pb_${currency.toLowerCase()}`;
  await client.query(`
    INSERT INTO price_books SELECT (jsonb_populate_record(b, jsonb_build_object('id', '${book}', 'name', '${book.replace('_', '-')}', 'currency', '${currency}', 'published_at', NULL))).* FROM price_books b WHERE id = 'pb_list1';
    INSERT INTO prices SELECT (jsonb_populate_record(p, jsonb_build_object('price_book_id', '${book}'))).* FROM prices p WHERE price_book_id = 'pb_list1';
    UPDATE price_books SET published_at = '2025-01-01Z' WHERE id = '${book}';
    INSERT INTO billing_contracts (tenant_id, starts_at, plan, price_book_id, changed_by) VALUES ('${tenantId}', '2025-01-01Z', 'enterprise', '${book}', 'finance')`);
}
