import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { Application, call, Customer, eventually } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { Receiver } from './receiver.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** Push delivery as people see it, from the empty list to the sources; each test goes on where the one before stopped. */
describeInBrowser('push delivery in the console, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let page: Page;
  let home: string;
  let customer: Customer;
  let app: Application;
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await Receiver.start();
    stack = await startInstallation({ settings: { EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1-65535' } });
    home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    customer = await Customer.signUp(stack.controlPlane.url);
    app = new Application(gatewayUrl(stack), (await customer.key()).secret);
    browser = await openBrowser();
    page = browser.page;
    await browser.context.addCookies(customer.cookie.split('; ').map((pair) => ({ url: home, name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) })));
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await receiver?.stop();
  });

  const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');
  const visit = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const section = (name: string) => page.getByRole('region', { name, exact: true });
  const attempts = () => section('Attempts').getByRole('table', { name: 'Attempts' });
  const place = (path: string) => page.goto(`${home}/namespaces/${customer.namespaceId}/${path}`);
  const choose = async (label: string, option: string) => {
    await page.getByRole('combobox', { name: label }).or(page.getByRole('textbox', { name: label })).first().click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };

  it('explains what a subscription is for while there is none', async () => {
    await place('subscriptions');
    await heading('Subscriptions');
    await page.getByText('No subscriptions yet').waitFor();
    await browser.capture('push-empty');
  });

  it('creates a subscription on a queue made on the spot, and says at the field why an address is refused', async () => {
    await page.getByRole('link', { name: 'Create subscription' }).click();
    await heading('Create subscription');
    await button('New queue').click();
    await dialog().getByLabel('Name').fill('orders');
    await button('Create queue', dialog()).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Name of the subscription').inputValue()).toBe('orders-webhook');
    await page.getByLabel('URL').fill('http://169.254.169.254/latest/meta-data');
    await browser.capture('push-create');
    await button('Create subscription').click();
    await page.getByLabel('URL').and(page.locator('[aria-invalid=true]')).waitFor();
    await browser.capture('push-create-refused');

    await page.getByLabel('URL').fill(`${receiver.origin}/hooks/orders`);
    await page.getByLabel('Description').fill('Tells the shop about every order');
    await button('More about delivery').click();
    await page.getByText('Once', { exact: true }).click();
    await page.getByText('At once, once.').waitFor();
    await browser.capture('push-create-more');
    await button('Create subscription').click();
    const secret = page.getByRole('textbox', { name: 'Signing secret' });
    await secret.waitFor();
    expect(await secret.textContent()).toMatch(/^whsec_/);
  });

  it('tries it with a test event before it is trusted, and shows what came back', async () => {
    Object.assign(receiver, { status: 500, answer: 'the database is away' });
    await button('Send test event').click();
    await page.getByText('The test event was not delivered: failed').waitFor();
    await page.getByText('the database is away').waitFor();
    await browser.capture('push-test-failed');
    receiver.repaired();
    await button('Send another').click();
    await page.getByText('The test event was delivered').waitFor();
    await browser.capture('push-test');
    expect(receiver.received.at(-1)).toMatchObject({ path: '/hooks/orders', headers: { 'webhook-id': expect.stringMatching(/^test_/), 'webhook-signature': expect.stringMatching(/^v1,/) } });
  });

  it('records what was pushed and what failed, and finds it by outcome, status and message', async () => {
    receiver.received.length = 0;
    await app.publish('/queues/orders', 'one');
    await eventually(() => expect(receiver.received).toHaveLength(1));
    Object.assign(receiver, { status: 503, answer: 'closed for stocktaking' });
    const { id } = await app.publish('/queues/orders', 'two');
    await eventually(() => expect(receiver.received).toHaveLength(2));

    await page.getByRole('link', { name: 'Open the subscription' }).click();
    await heading('orders-webhook');
    await attempts().getByText('Delivered').first().waitFor();
    await attempts().getByText('503').waitFor();
    await browser.capture('push-subscription');
    await choose('Outcome', 'Delivered');
    await attempts().getByText('503').waitFor({ state: 'hidden' });
    await button('Clear').click();
    await page.getByLabel('Message id').fill(id);
    await attempts().getByText('200', { exact: true }).waitFor({ state: 'hidden' });
    expect(new URL(page.url()).searchParams.get('message')).toBe(id);
    await button(/^Open the attempt of/).first().click();
    await dialog().getByText('closed for stocktaking').waitFor();
    await browser.capture('push-attempt');
  });

  it('sends a dead letter again, with the same id', async () => {
    receiver.repaired();
    const before = receiver.received.at(-1)?.headers['webhook-id'];
    await button('Send again', dialog()).click();
    await eventually(() => expect(receiver.received).toHaveLength(3));
    expect(receiver.received.at(-1)).toMatchObject({ body: expect.stringContaining('two'), headers: { 'webhook-id': before } });
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
    await attempts().getByText('Delivered').waitFor();
    await button('Clear').click();
  });

  it('sends everything again that failed, and shows how far it is', async () => {
    receiver.status = 500;
    await app.publishBatch('/queues/orders', ['a', 'b', 'c', 'd']);
    await eventually(async () => expect(await app.figures('orders')).toMatchObject({ dead: 4 }));
    receiver.repaired();
    receiver.received.length = 0;
    await page.reload();
    await button('Send failed again').click();
    await dialog().getByText('There are 4 dead letters now.').waitFor();
    await browser.capture('push-resend-form');
    await button('Send again', dialog()).click();
    await page.getByText('Everything is sent again.').waitFor();
    await page.getByText('4 sent again').waitFor();
    await browser.capture('push-resend');
    await eventually(() => expect(receiver.received).toHaveLength(4));
  });

  it('pauses and resumes', async () => {
    receiver.received.length = 0;
    await button('Pause').click();
    await button('Resume').waitFor();
    await app.publish('/queues/orders', 'later');
    await browser.capture('push-paused');
    // Only what comes after the resumption proves that nothing came before it.
    expect(receiver.received).toHaveLength(0);
    await button('Resume').click();
    await button('Pause').waitFor();
    await eventually(() => expect(receiver.received).toHaveLength(1));
  });

  it('makes a second secret beside the first, shows it once, and ends the first', async () => {
    await button('New secret').click();
    await browser.capture('push-secret-form');
    await button('Add secret', dialog()).click();
    const secret = dialog().getByRole('textbox', { name: 'Signing secret' });
    await secret.waitFor();
    const value = (await secret.textContent()) ?? '';
    await browser.capture('push-secret');
    await button('I have stored it', dialog()).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(await page.content()).not.toContain(value);
    const rows = section('Secrets').getByRole('row');
    await section('Secrets').getByText('Runs out').waitFor();
    await button(/^Revoke/, section('Secrets')).last().click();
    await button('Revoke secret', dialog()).click();
    await section('Secrets').getByText('Runs out').waitFor({ state: 'hidden' });
    expect(await rows.count()).toBe(2);
  });

  it('changes settings', async () => {
    await button('Edit settings').click();
    await button('More about the webhook', dialog()).click();
    await button('Add header', dialog()).click();
    await dialog().getByLabel('Header 1 name').fill('x-team');
    await dialog().getByLabel('Header 1 value').fill('shop');
    await browser.capture('push-settings');
    await button('Save settings', dialog()).click();
    await section('Settings').getByText('x-team: shop').waitFor();
    receiver.received.length = 0;
    await app.publish('/queues/orders', 'with a header');
    await eventually(() => expect(receiver.received).toMatchObject([{ headers: { 'x-team': 'shop' } }]));
  });

  it('lists subscriptions with their health, attempts of the whole namespace, and both from the queue', async () => {
    await visit('Subscriptions');
    await heading('Subscriptions');
    await page.getByText(/of \d+ calls?/).waitFor();
    await browser.capture('push-subscriptions');
    await visit('Attempts');
    await heading('Attempts');
    await page.getByRole('table', { name: 'Attempts' }).getByRole('link', { name: 'orders-webhook' }).first().waitFor();
    await browser.capture('push-attempts');
    await place('queues/orders');
    await section('Subscriptions of this queue').getByRole('link', { name: 'orders-webhook' }).waitFor();
  });

  it('shows what happened to a message, and switches the message log off and on', async () => {
    await place('attempts');
    await button(/^Open the attempt of .*, delivered$/).first().click();
    await dialog().getByRole('link', { name: 'Timeline of the message' }).click();
    await page.getByText('Published', { exact: true }).waitFor();
    await page.getByText('Accepted: done').waitFor();
    await browser.capture('message');
    await visit('Settings');
    await heading('Settings');
    await page.getByRole('switch', { name: 'Log what happens to each message' }).click();
    await page.getByText('While it is off nothing is written').waitFor();
    await browser.capture('settings');
    const { id } = await app.publish('/queues/orders', 'unseen');
    await place(`messages/${id}`);
    await page.getByText('The message log is off').waitFor();
    await page.getByRole('link', { name: 'Switch it on in the settings' }).click();
    await page.getByRole('switch', { name: 'Log what happens to each message' }).click();
    await page.getByText('While it is off nothing is written').waitFor({ state: 'hidden' });
  });

  it('offers every kind of destination', async () => {
    await place('create-subscription?queue=orders');
    await page.getByRole('radio', { name: /^Mail/ }).click();
    await page.getByRole('combobox', { name: /^To/ }).waitFor();
    await browser.capture('push-create-mail');
    await page.getByRole('radio', { name: /^Another Waybill/ }).click();
    await page.getByLabel(/^API key/).waitFor();
    await browser.capture('push-create-waybill');
  });

  it('never scrolls sideways at phone width', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['subscriptions', 'subscriptions/orders-webhook', 'create-subscription', 'attempts', 'queues/orders']) {
      await place(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      expect({ path, overflow: await overflow(page) }).toEqual({ path, overflow: 0 });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('deletes a subscription and keeps the queue', async () => {
    await place('subscriptions/orders-webhook');
    await button('More actions').click();
    await page.getByRole('menuitem', { name: 'Delete subscription' }).click();
    await dialog().getByLabel('Type orders-webhook to confirm').fill('orders-webhook');
    await button('Delete subscription', dialog()).click();
    await heading('Subscriptions');
    await page.getByText('No subscriptions yet').waitFor();
    expect(await app.figures('orders')).toMatchObject({ ready: 0 });
  });

  it('creates a source for the webhooks of others, whose signed calls arrive and whose others do not', async () => {
    await customer.exchange('incoming', 'topic');
    await customer.bind('incoming', { destination: { queue: 'orders' }, pattern: '#' });
    await place('sources');
    await button('Create source').click();
    await dialog().getByLabel('Name').fill('partner');
    await choose('Who sends, and how it signs', 'Someone else, by an HMAC in a header');
    await dialog().getByLabel('Header with the signature').fill('x-signature');
    await dialog().getByRole('textbox', { name: 'Secret', exact: true }).fill('correct horse');
    await choose('Exchange', 'incoming');
    await browser.capture('source-form');
    await button('Create source', dialog()).click();
    const url = (await dialog().getByRole('textbox', { name: 'URL for the sender' }).textContent()) ?? '';
    await browser.capture('source-created');
    await button('Done', dialog()).click();
    await heading('partner');
    await browser.capture('source');

    const body = '{"from":"a partner"}';
    const signature = createHmac('sha256', 'correct horse').update(body).digest('hex');
    const send = (signed: string) => call('POST', url, { headers: { 'content-type': 'application/json', 'x-signature': signed }, raw: body });
    expect((await send(signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).status).toBeGreaterThanOrEqual(400);
    expect((await send(signature)).status).toBeLessThan(300);
    expect(await app.receive('orders', { max: 10, waitSeconds: 5, autoAccept: true })).toMatchObject([{ body }]);
    await visit('Sources');
    await page.getByRole('link', { name: 'partner' }).waitFor();
    await browser.capture('sources');
  });

  it('met no error of its own on the way', () => {
    expect(browser.faults).toEqual([]);
  });
});
