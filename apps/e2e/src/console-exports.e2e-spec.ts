import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startStack } from '../../../scripts/local/stack.mjs';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { Customer } from './customer.js';

const secret = 'only-the-bucket-knows';
const describeInBrowser = chromiumPath ? describe : describe.skip;

/** From the form to the file in the bucket, as a person of finance sees it. */
describeInBrowser('scheduled exports in the console, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let service: Server;
  /** What the service was given, by path; it takes nothing but for one key id. */
  const objects = new Map<string, string>();

  beforeAll(async () => {
    service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        if (!request.headers.authorization?.includes('Credential=RIGHTKEY/')) return void response.writeHead(403).end('<Error><Code>InvalidAccessKeyId</Code></Error>');
        objects.set(request.url ?? '', Buffer.concat(chunks).toString());
        response.end();
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    stack = await startStack({ demo: true, databaseServerUrl: process.env['WAYBILL_TEST_DATABASE_URL'], settings: { LOG_LEVEL: 'warn', EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1-65535' } });
    const home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    const operator = await Customer.signUp(stack.controlPlane.url);
    await makeFinance(stack.databaseUrl, operator.email);
    browser = await openBrowser();
    await browser.context.addCookies(operator.cookie.split('; ').map((pair) => ({ url: home, name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) })));
    await browser.page.goto(`${home}/finance/exports`);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    service?.close();
  });

  const button = (name: string) => browser.page.getByRole('button', { name, exact: true });
  const section = () => browser.page.getByRole('region', { name: 'Journal for the books' });

  it('says what is refused on the field it is about', async () => {
    const { page } = browser;
    await page.getByText('No exports yet').waitFor();
    await button('Create export').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Into a folder', { exact: true }).click();
    await dialog.getByText('This installation writes exports into no folder', { exact: false }).waitFor();
    await dialog.getByText('To a bucket', { exact: true }).click();
    for (const [label, text] of [['Name', 'Journal for the books'], ['Endpoint', 'http://10.0.0.1'], ['Region', 'eu-central-1'], ['Bucket', 'bucket'], ['Prefix', 'books'], ['Access key id', 'WRONGKEY'], ['Secret access key', secret]] as const) {
      await dialog.getByLabel(label, { exact: true }).fill(text);
    }
    await dialog.getByRole('combobox', { name: 'What' }).click();
    for (const kind of ['GL journal', 'Invoice lines', 'Hour rows', 'Invoices as JSON', 'Invoices as PDF']) await page.getByRole('option', { name: kind, exact: true }).waitFor();
    await browser.capture('finance-export-kinds');
    await page.getByRole('option', { name: 'GL journal', exact: true }).click();
    await browser.capture('finance-export-form');
    await dialog.getByRole('button', { name: 'Create export' }).click();
    await dialog.getByText(/10\.0\.0\.1 is not a public address/).waitFor();
    await dialog.getByLabel('Endpoint', { exact: true }).fill(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
    await dialog.getByRole('button', { name: 'Create export' }).click();
    await section().waitFor();
  });

  it('tells why the target refuses, and sends the file once it does not', async () => {
    const { page } = browser;
    await section().getByText(/The bucket answered 403 InvalidAccessKeyId/).first().waitFor({ timeout: 40_000 });
    await button('Test Journal for the books').click();
    await section().getByRole('alert').getByText(/Correct the target and try again: the bucket answered 403/).waitFor();
    await browser.capture('finance-exports-refused');
    expect(await overflow(page)).toBe(0);
    await button('Change Journal for the books').click();
    await page.getByRole('dialog').getByLabel('Access key id', { exact: true }).fill('RIGHTKEY');
    await page.getByRole('dialog').getByRole('button', { name: 'Save export' }).click();
    await page.getByRole('dialog').getByText(/Enter the secret access key: it is needed/).waitFor();
    await page.getByRole('dialog').getByLabel('Secret access key', { exact: true }).fill(secret);
    await page.getByRole('dialog').getByRole('button', { name: 'Save export' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await button('Test Journal for the books').click();
    await page.getByText('Written: books/waybill-test.txt').waitFor();
    await button('Run now Journal for the books').click();
    await section().getByText('Sent', { exact: true }).waitFor({ timeout: 40_000 });
    const sent = [...objects.keys()].find((name) => name.startsWith('/bucket/books/journal/'))!;
    expect(objects.get(sent)).toMatch(/^day,document,tenant,/);
    expect(await section().getByText(sent.slice('/bucket/'.length)).count()).toBe(1);
    await browser.capture('finance-exports');
    expect(await overflow(page)).toBe(0);
  }, 120_000);

  it('sends another kind after a change, under a name that says what it is', async () => {
    const { page } = browser;
    await button('Change Journal for the books').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'What' }).click();
    await page.getByRole('option', { name: 'Invoices as PDF', exact: true }).click();
    await dialog.getByText('The PDFs of all invoices finalized in the time, in one tar archive.').waitFor();
    await dialog.getByRole('button', { name: 'Save export' }).click();
    await dialog.waitFor({ state: 'detached' });
    await button('Run now Journal for the books').click();
    await section().getByText(/books\/invoice-pdf\/.*\.tar/).waitFor({ timeout: 40_000 });
    await section().getByText('Invoices as PDF, monthly, after the close').waitFor();
    expect(await overflow(page)).toBe(0);
  }, 120_000);

  it('pauses, deletes, and leaves each step in the history', async () => {
    const { page } = browser;
    await button('Pause Journal for the books').click();
    await section().getByText('Paused', { exact: true }).waitFor();
    await button('Delete Journal for the books').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete export' }).click();
    await page.getByText('No exports yet').waitFor();
    await page.getByRole('link', { name: 'History', exact: true }).click();
    for (const action of ['Export schedule deleted', 'Export schedule changed', 'Export schedule tested', 'Export asked for', 'Export schedule created']) await page.getByText(action, { exact: true }).first().waitFor();
    expect(await page.getByText(secret).count()).toBe(0);
    expect(browser.faults).toEqual([]);
  });
});

async function makeFinance(databaseUrl: string, email: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`SELECT set_config('app.scope', 'system', false)`);
    await client.query(`INSERT INTO operators (user_id, role) SELECT id, 'finance' FROM users WHERE email = $1`, [email]);
  } finally {
    await client.end();
  }
}
