import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { Application, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

const email = 'ada@example.com';
const password = 'correct horse battery';

/** One visit from the first page to the bill: every test goes on where the one before it stopped. */
describeInBrowser('the console, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let page: Page;
  let home: string;
  let secret: string;

  beforeAll(async () => {
    stack = await startInstallation();
    home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    browser = await openBrowser();
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');
  const visit = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor();

  it('leads someone who is not signed in to the sign-in page', async () => {
    await page.goto(`${home}/`);
    await heading('Sign in');
    await browser.capture('sign-in');
  });

  it('says at the field what is wrong with a sign-up', async () => {
    await page.goto(`${home}/sign-up`);
    await browser.capture('sign-up');
    await page.getByLabel('E-mail').fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await button('Create account').click();
    await page.getByText('Enter an e-mail address, like name@company.com.').waitFor();
    expect(await page.getByLabel('E-mail').getAttribute('aria-invalid')).toBe('true');
  });

  it('signs up with the keyboard alone', async () => {
    await page.goto(`${home}/sign-up`);
    await page.getByLabel('E-mail').focus();
    await page.keyboard.type(email);
    await page.getByLabel('Password', { exact: true }).focus();
    await page.keyboard.type(password);
    await page.getByLabel('Organisation name').focus();
    await page.keyboard.type('Ada Engines');
    await page.keyboard.press('Enter');
    await heading('Overview');
    await browser.capture('overview-empty');
  });

  it('creates a queue, an exchange and a binding by form', async () => {
    await visit('Queues');
    await heading('Queues');
    await button('Create queue').first().click();
    await browser.capture('queue-form');
    await dialog().getByLabel('Name').fill('orders');
    await button('Create queue', dialog()).click();
    await heading('orders');

    await visit('Exchanges');
    await heading('Exchanges');
    await button('Create exchange').first().click();
    await dialog().getByLabel('Name').fill('events');
    await browser.capture('exchange-form');
    await button('Create exchange', dialog()).click();
    await heading('events');

    await button('Add binding').first().click();
    await dialog().getByLabel('Pattern').fill('order.b*');
    await page.getByLabel('Pattern').and(page.locator('[aria-invalid=true]')).waitFor();
    await dialog().getByLabel('Pattern').fill('order.*');
    await dialog().getByRole('combobox', { name: 'Destination' }).or(dialog().getByRole('textbox', { name: 'Destination' })).click();
    await page.getByRole('option', { name: 'orders' }).click();
    await browser.capture('binding-form');
    await button('Add binding', dialog()).click();
    await page.getByRole('cell', { name: 'order.*' }).or(page.getByText('order.*', { exact: true })).first().waitFor();
    await browser.capture('exchange');
    await visit('Exchanges');
    await heading('Exchanges');
    await browser.capture('exchanges');
  });

  it('creates a key, shows it once, and the key works', async () => {
    await visit('Keys');
    await heading('Keys');
    await button('Create key').first().click();
    await dialog().getByLabel('Name').fill('shop');
    await browser.capture('key-form');
    await button('Create key', dialog()).click();
    await dialog().getByText('This is the only time the whole key is shown').waitFor();
    secret = (await dialog().getByRole('textbox', { name: 'API key' }).textContent()) ?? '';
    await browser.capture('key-secret');
    await page.keyboard.press('Escape');
    expect(await dialog().isVisible()).toBe(true);
    await button('I have stored it', dialog()).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(await page.content()).not.toContain(secret.split('_')[3]);
    await browser.capture('keys');

    const app = new Application(gatewayUrl(stack), secret);
    await app.publish('/exchanges/events', '{"order":1}', { 'content-type': 'application/json', 'waybill-key': 'order.created' });
    expect(await app.figures('orders').catch(() => null)).toMatchObject({ ready: 1 });
  });

  it('publishes a test message, receives it and settles it', async () => {
    await visit('Queues');
    await heading('Queues');
    await browser.capture('queues');
    await page.getByRole('link', { name: 'orders' }).first().click();
    await heading('orders');

    const receiving = page.getByRole('region', { name: 'Receive a message' });
    await button('Receive message', receiving).click();
    const held = receiving.getByRole('group', { name: 'Received message' });
    await held.getByText('order.created').waitFor();
    await browser.capture('queue-message');
    await button('Release', held).click();
    await held.waitFor({ state: 'hidden' });
    await button('Receive message', receiving).click();
    await held.getByText('Delivery 2').waitFor();
    await button('Accept', held).click();
    await held.waitFor({ state: 'hidden' });

    const publishing = page.getByRole('region', { name: 'Publish a test message' });
    await button('Publish message', publishing).click();
    await publishing.getByRole('status').or(publishing.getByText(/msg_/)).first().waitFor();
    await browser.capture('queue');
  });

  it('shows live depths and rates', async () => {
    const app = new Application(gatewayUrl(stack), secret);
    await app.publishBatch('/queues/orders', Array.from({ length: 40 }, (_, i) => `m${i}`));
    await visit('Overview');
    await heading('Overview');
    await page.getByText('41', { exact: true }).first().waitFor();
    const stop = setInterval(() => void app.publishBatch('/queues/orders', ['a', 'b', 'c']).catch(() => undefined), 200);
    try {
      await eventually(async () => expect(await page.getByText(/\d+(\.\d+)?\s*\/s/).first().textContent()).toMatch(/[1-9]/));
      await browser.capture('overview');
    } finally {
      clearInterval(stop);
    }
  });

  it('shows what was used today', async () => {
    await visit('Usage');
    await heading('Usage');
    await page.getByText('Messages published').first().waitFor();
    await eventually(async () => {
      await page.reload();
      await page.getByText('Messages published').first().waitFor();
      expect(await page.getByText(/^[1-9]\d*$/).count()).toBeGreaterThan(0);
    });
    await browser.capture('usage');
  });

  it('never scrolls sideways at phone width, and its menu opens', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const namespace = new URL(page.url()).pathname.replace(/\/usage$/, '');
    for (const place of ['overview', 'getting-started', 'queues', 'queues/orders', 'exchanges', 'exchanges/events', 'keys', 'usage']) {
      await page.goto(`${home}${namespace}/${place}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      expect({ place, overflow: await overflow(page) }).toEqual({ place, overflow: 0 });
    }
    await button('Menu').click();
    await page.getByRole('link', { name: 'Keys', exact: true }).last().click();
    await heading('Keys');
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('signs out, refuses a wrong password in plain words, and signs in again', async () => {
    await page.getByRole('button', { name: /Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading('Sign in');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await button('Sign in').click();
    await page.getByText('Check the e-mail address and the password.').waitFor();
    await browser.capture('sign-in-refused');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await button('Sign in').click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });

  it('met no error of its own on the way', () => {
    expect(browser.faults).toEqual([]);
  });
});
