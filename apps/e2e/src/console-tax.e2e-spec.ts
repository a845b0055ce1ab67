import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { call, Customer, eventually, expectStatus } from './customer.js';
import { MonthEnd } from './month-end.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** Tax as Stripe's double computes it, from the month's end to the papers, as a customer and as finance see it. */
describeInBrowser('tax in the console, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let home: string;
  let month: MonthEnd;
  let [taxed, nowhere, operator]: (Customer | undefined)[] = [];

  beforeAll(async () => {
    stack = await startStack({ demo: true, databaseServerUrl: process.env['WAYBILL_TEST_DATABASE_URL'], settings: { LOG_LEVEL: 'warn', STRIPE_AUTOMATIC_TAX: 'true' } });
    home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    [taxed, nowhere, operator] = [await Customer.signUp(stack.controlPlane.url), await Customer.signUp(stack.controlPlane.url), await Customer.signUp(stack.controlPlane.url)];
    month = new MonthEnd(stack, taxed);
    await month.goToMidMonth();
    await onTeam(stack.databaseUrl, [taxed, nowhere], operator);
    await month.giveCard({ country: 'DE' });
    await new MonthEnd(stack, nowhere).giveCard();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function open(as: Customer, path: string): Promise<void> {
    const { context, page } = browser;
    await context.clearCookies();
    await context.addCookies(as.cookie.split('; ').map((pair) => ({ url: home, name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) })));
    await page.goto(`${home}${path}`);
  }

  it('stands on the invoice between the total before it and the total, with whom it was made out to', async () => {
    const invoice = await month.close();
    expect(invoice).toMatchObject({ state: 'paid', subtotalCents: '4900', taxCents: '931', totalCents: '5831', taxes: [{ name: 'VAT', percent: '19', jurisdiction: 'DE' }] });
    await open(taxed!, `/namespaces/${taxed!.namespaceId}/billing/invoices/${invoice.id}`);
    const { page } = browser;
    for (const [name, value] of [['Total before tax', '$49.00'], ['VAT DE 19 %', '$9.31'], ['Total', '$58.31']] as const) {
      expect(await page.getByText(name, { exact: true }).locator('xpath=following-sibling::dd').textContent()).toBe(value);
    }
    await page.getByRole('region', { name: 'Billed to' }).getByText('1 Main Street, 10115 Anytown, DE').waitFor();
    await browser.capture('invoice-taxed');
    expect(await overflow(page)).toBe(0);
    const papers = (kind: string) => call('GET', `${stack.controlPlane.url}/api/v1/billing/invoices/${invoice.id}/${kind}`, { headers: { cookie: taxed!.cookie } });
    expect([(await papers('pdf')).status, (await papers('csv')).status]).toEqual([200, 200]);
  }, 240_000);

  it('holds the invoice of who gave no address: finance is told what to do, and the board says which gate', async () => {
    await eventually(async () => {
      const { alerts } = expectStatus(await call<{ alerts: { code: string }[] }>('GET', `${stack.controlPlane.url}/api/v1/finance/overview`, { headers: { cookie: operator!.cookie } }), 200);
      if (!alerts.some(({ code }) => code === 'stripe_tax_needs_location')) throw new Error('finance was not told');
    });
    await open(operator!, '/finance');
    const { page } = browser;
    await page.getByText('Stripe does not know where the customer is', { exact: false }).first().waitFor();
    await browser.capture('finance-tax-alert');
    expect(await overflow(page)).toBe(0);
  });

  it('is said in the dialogs that give money back', async () => {
    const { items } = expectStatus(await call<{ items: { id: string; state: string; tenantId: string }[] }>('GET', `${stack.controlPlane.url}/api/v1/finance/invoices`, { headers: { cookie: operator!.cookie } }), 200);
    const paid = items.find(({ state, tenantId }) => state === 'paid' && tenantId === taxed!.tenantId)!;
    await open(operator!, `/finance/invoices/${paid.id}`);
    const { page } = browser;
    await page.getByRole('button', { name: 'Refund', exact: true }).click();
    await page.getByText('The amount is with tax', { exact: false }).waitFor();
    await page.getByLabel('Reason').fill('Asked for by the customer');
    await page.getByRole('dialog').getByRole('button', { name: 'Refund' }).click();
    await page.getByRole('table', { name: 'Credit notes' }).getByText('$9.31').waitFor();
    await browser.capture('finance-invoice-taxed');
    expect(await overflow(page)).toBe(0);
    expect(browser.faults).toEqual([]);
  });
});

/** A plan with a base fee, because a month of a test uses nothing that costs; and a person of finance. */
async function onTeam(databaseUrl: string, customers: readonly Customer[], operator: Customer): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`SELECT set_config('app.scope', 'system', false)`);
    await client.query(`INSERT INTO operators (user_id, role) SELECT id, 'finance' FROM users WHERE email = $1`, [operator.email]);
    for (const { tenantId } of customers) {
      await client.query(`INSERT INTO billing_contracts (tenant_id, starts_at, plan, price_book_id, payment_terms_days, changed_by) VALUES ($1, date_trunc('month', now(), 'UTC'), 'team', 'pb_team1', 14, 'test')`, [tenantId]);
    }
  } finally {
    await client.end();
  }
}
