import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath, overflow } from './browser.js';
import { ConsoleVisit } from './console-visit.js';
import { call, eventually } from './customer.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** Push delivery as people see it, from the empty list to the sources; each test goes on where the one before stopped. */
describeInBrowser('push delivery in the console, in Chromium', () => {
  let at: ConsoleVisit;

  beforeAll(async () => {
    at = await ConsoleVisit.start();
    await at.signIn();
  });
  afterAll(() => at?.leave());

  it('explains what a subscription is for while there is none', async () => {
    await at.open('subscriptions');
    await at.heading('Subscriptions');
    await at.page.getByText('No subscriptions yet').waitFor();
    await at.browser.capture('push-empty');
  });

  it('creates a subscription on a queue made on the spot, and says at the field why an address is refused', async () => {
    await at.page.getByRole('link', { name: 'Create subscription' }).click();
    await at.heading('Create subscription');
    await at.button('New queue').click();
    await at.dialog().getByLabel('Name').fill('orders');
    await at.button('Create queue', at.dialog()).click();
    await at.dialog().waitFor({ state: 'hidden' });
    expect(await at.page.getByLabel('Name of the subscription').inputValue()).toBe('orders-webhook');
    await at.page.getByLabel('URL').fill('http://169.254.169.254/latest/meta-data');
    await at.browser.capture('push-create');
    await at.button('Create subscription').click();
    await at.page.getByLabel('URL').and(at.page.locator('[aria-invalid=true]')).waitFor();
    await at.browser.capture('push-create-refused');

    await at.page.getByLabel('URL').fill(`${at.receiver.origin}/hooks/orders`);
    await at.page.getByLabel('Description').fill('Tells the shop about every order');
    await at.button('More about delivery').click();
    await at.page.getByText('Once', { exact: true }).click();
    await at.page.getByText('At once, once.').waitFor();
    await at.browser.capture('push-create-more');
    await at.button('Create subscription').click();
    const secret = at.page.getByRole('textbox', { name: 'Signing secret' });
    await secret.waitFor();
    expect(await secret.textContent()).toMatch(/^whsec_/);
  });

  it('tries it with a test event before it is trusted, and shows what came back', async () => {
    Object.assign(at.receiver, { status: 500, answer: 'the database is away' });
    await at.button('Send test event').click();
    await at.page.getByText('The test event was not delivered: failed').waitFor();
    await at.page.getByText('the database is away').waitFor();
    await at.browser.capture('push-test-failed');
    at.receiver.repaired();
    await at.button('Send another').click();
    await at.page.getByText('The test event was delivered').waitFor();
    await at.browser.capture('push-test');
    expect(at.receiver.received.at(-1)).toMatchObject({ path: '/hooks/orders', headers: { 'webhook-id': expect.stringMatching(/^test_/), 'webhook-signature': expect.stringMatching(/^v1,/) } });
  });

  it('records what was pushed and what failed, and finds it by outcome, status and message', async () => {
    at.receiver.received.length = 0;
    await at.app.publish('/queues/orders', 'one');
    await eventually(() => expect(at.receiver.received).toHaveLength(1));
    Object.assign(at.receiver, { status: 503, answer: 'closed for stocktaking' });
    const { id } = await at.app.publish('/queues/orders', 'two');
    await eventually(() => expect(at.receiver.received).toHaveLength(2));

    await at.page.getByRole('link', { name: 'Open the subscription' }).click();
    await at.heading('orders-webhook');
    await at.attempts().getByText('Delivered').first().waitFor();
    await at.attempts().getByText('503').waitFor();
    await at.browser.capture('push-subscription');
    await at.choose('Outcome', 'Delivered');
    await at.attempts().getByText('503').waitFor({ state: 'hidden' });
    await at.button('Clear').click();
    await at.page.getByLabel('Message id').fill(id);
    await at.attempts().getByText('200', { exact: true }).waitFor({ state: 'hidden' });
    expect(new URL(at.page.url()).searchParams.get('message')).toBe(id);
    await at.button(/^Open the attempt of/).first().click();
    await at.dialog().getByText('closed for stocktaking').waitFor();
    await at.button('Show the message', at.dialog()).click();
    await at.dialog().getByRole('region', { name: 'Body of the message' }).getByText('two').waitFor();
    await at.browser.capture('push-attempt');
  });

  it('sends a dead letter again, with the same id', async () => {
    at.receiver.repaired();
    const before = at.receiver.received.at(-1)?.headers['webhook-id'];
    await at.button('Send again', at.dialog()).click();
    await eventually(() => expect(at.receiver.received).toHaveLength(3));
    expect(at.receiver.received.at(-1)).toMatchObject({ body: expect.stringContaining('two'), headers: { 'webhook-id': before } });
    await at.page.keyboard.press('Escape');
    await at.dialog().waitFor({ state: 'hidden' });
    await at.attempts().getByText('Delivered').waitFor();
    await at.button('Clear').click();
  });

  it('sends everything again that failed, and shows how far it is', async () => {
    at.receiver.status = 500;
    await at.app.publishBatch('/queues/orders', ['a', 'b', 'c', 'd']);
    await eventually(async () => expect(await at.app.figures('orders')).toMatchObject({ dead: 4 }));
    at.receiver.repaired();
    at.receiver.received.length = 0;
    await at.page.reload();
    await at.button('Send failed again').click();
    await at.dialog().getByText('4 dead letters and 0 messages waiting for the next attempt.').waitFor();
    await at.browser.capture('push-resend-form');
    await at.button('Send again', at.dialog()).click();
    await at.page.getByText('Everything is sent again.').waitFor();
    await at.page.getByText('4 dead letters sent again').waitFor();
    await at.browser.capture('push-resend');
    await eventually(() => expect(at.receiver.received).toHaveLength(4));
  });

  it('pauses and resumes', async () => {
    at.receiver.received.length = 0;
    await at.button('Pause').click();
    await at.button('Resume').waitFor();
    await at.app.publish('/queues/orders', 'later');
    await at.browser.capture('push-paused');
    // Only what comes after the resumption proves that nothing came before it.
    expect(at.receiver.received).toHaveLength(0);
    await at.button('Resume').click();
    await at.button('Pause').waitFor();
    await eventually(() => expect(at.receiver.received).toHaveLength(1));
  });

  it('makes a second secret beside the first, shows it once, and ends the first', async () => {
    await at.button('New secret').click();
    await at.browser.capture('push-secret-form');
    await at.button('Add secret', at.dialog()).click();
    const secret = at.dialog().getByRole('textbox', { name: 'Signing secret' });
    await secret.waitFor();
    const value = (await secret.textContent()) ?? '';
    await at.browser.capture('push-secret');
    await at.button('I have stored it', at.dialog()).click();
    await at.dialog().waitFor({ state: 'hidden' });
    expect(await at.page.content()).not.toContain(value);
    const rows = at.section('Secrets').getByRole('row');
    await at.section('Secrets').getByText('Runs out').waitFor();
    await at.button(/^Revoke/, at.section('Secrets')).last().click();
    await at.button('Revoke secret', at.dialog()).click();
    await at.section('Secrets').getByText('Runs out').waitFor({ state: 'hidden' });
    expect(await rows.count()).toBe(2);
  });

  it('changes settings', async () => {
    await at.button('Edit settings').click();
    await at.button('More about the webhook', at.dialog()).click();
    await at.button('Add header', at.dialog()).click();
    await at.dialog().getByLabel('Header 1 name').fill('x-team');
    await at.dialog().getByLabel('Header 1 value').fill('shop');
    await at.browser.capture('push-settings');
    await at.button('Save settings', at.dialog()).click();
    await at.section('Settings').getByText('x-team: shop').waitFor();
    at.receiver.received.length = 0;
    await at.app.publish('/queues/orders', 'with a header');
    await eventually(() => expect(at.receiver.received).toMatchObject([{ headers: { 'x-team': 'shop' } }]));
  });

  it('lists subscriptions with their health, attempts of the whole namespace, and both from the queue', async () => {
    await at.visit('Subscriptions');
    await at.heading('Subscriptions');
    await at.page.getByText(/of \d+ calls?/).waitFor();
    await at.browser.capture('push-subscriptions');
    await at.visit('Attempts');
    await at.heading('Attempts');
    await at.page.getByRole('table', { name: 'Attempts' }).getByRole('link', { name: 'orders-webhook' }).first().waitFor();
    await at.browser.capture('push-attempts');
    await at.open('queues/orders');
    await at.section('Subscriptions of this queue').getByRole('link', { name: 'orders-webhook' }).waitFor();
  });

  it('shows what happened to a message, and switches the message log off and on', async () => {
    await at.open('attempts');
    await at.button(/^Open the attempt of .*, delivered$/).first().click();
    await at.dialog().getByRole('link', { name: 'Timeline of the message' }).click();
    await at.page.getByText('Published', { exact: true }).waitFor();
    await at.page.getByText('Accepted: done').waitFor();
    await at.browser.capture('message');
    await at.visit('Settings');
    await at.heading('Settings');
    await at.page.getByRole('switch', { name: 'Log what happens to each message' }).click();
    await at.page.getByText('While it is off nothing is written').waitFor();
    await at.browser.capture('settings');
    const { id } = await at.app.publish('/queues/orders', 'unseen');
    await at.open(`messages/${id}`);
    await at.page.getByText('The message log is off').waitFor();
    await at.page.getByRole('link', { name: 'Switch it on in the settings' }).click();
    await at.page.getByRole('switch', { name: 'Log what happens to each message' }).click();
    await at.page.getByText('While it is off nothing is written').waitFor({ state: 'hidden' });
  });

  it('offers every kind of destination', async () => {
    await at.open('create-subscription?queue=orders');
    await at.page.getByRole('radio', { name: /^Mail/ }).click();
    await at.page.getByRole('combobox', { name: /^To/ }).waitFor();
    await at.browser.capture('push-create-mail');
    await at.page.getByRole('radio', { name: /^Another Waybill/ }).click();
    await at.page.getByLabel(/^API key/).waitFor();
    await at.browser.capture('push-create-waybill');
  });

  it('never scrolls sideways at phone width', async () => {
    await at.page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['subscriptions', 'subscriptions/orders-webhook', 'create-subscription', 'attempts', 'queues/orders']) {
      await at.open(path);
      await at.page.getByRole('heading', { level: 1 }).waitFor();
      await at.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      expect({ path, overflow: await overflow(at.page) }).toEqual({ path, overflow: 0 });
    }
    await at.page.setViewportSize({ width: 1280, height: 900 });
  });

  it('deletes a subscription and keeps the queue', async () => {
    await at.open('subscriptions/orders-webhook');
    await at.button('More actions').click();
    await at.page.getByRole('menuitem', { name: 'Delete subscription' }).click();
    await at.dialog().getByLabel('Type orders-webhook to confirm').fill('orders-webhook');
    await at.button('Delete subscription', at.dialog()).click();
    await at.heading('Subscriptions');
    await at.page.getByText('No subscriptions yet').waitFor();
    expect(await at.app.figures('orders')).toMatchObject({ ready: 0 });
  });

  it('creates a source for the webhooks of others, whose signed calls arrive and whose others do not', async () => {
    await at.customer.exchange('incoming', 'topic');
    await at.customer.bind('incoming', { destination: { queue: 'orders' }, pattern: '#' });
    await at.open('sources');
    await at.button('Create source').click();
    await at.dialog().getByLabel('Name').fill('partner');
    await at.choose('Who sends, and how it signs', 'Someone else, by an HMAC in a header');
    await at.dialog().getByLabel('Header with the signature').fill('x-signature');
    await at.dialog().getByRole('textbox', { name: 'Secret', exact: true }).fill('correct horse');
    await at.choose('Exchange', 'incoming');
    await at.browser.capture('source-form');
    await at.button('Create source', at.dialog()).click();
    const url = (await at.dialog().getByRole('textbox', { name: 'URL for the sender' }).textContent()) ?? '';
    await at.browser.capture('source-created');
    await at.button('Done', at.dialog()).click();
    await at.heading('partner');
    await at.browser.capture('source');

    const body = '{"from":"a partner"}';
    const signature = createHmac('sha256', 'correct horse').update(body).digest('hex');
    const send = (signed: string) => call('POST', url, { headers: { 'content-type': 'application/json', 'x-signature': signed }, raw: body });
    expect((await send(signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).status).toBeGreaterThanOrEqual(400);
    expect((await send(signature)).status).toBeLessThan(300);
    expect(await at.app.receive('orders', { max: 10, waitSeconds: 5, autoAccept: true })).toMatchObject([{ body }]);
    await at.page.reload();
    await at.section('Refused calls').getByText('1 call was refused').waitFor();
    await at.section('Refused calls').getByText('No live secret signed it so').waitFor();
    await at.browser.capture('source-refused');
    await at.visit('Sources');
    await at.page.getByRole('link', { name: 'partner' }).waitFor();
    await at.browser.capture('sources');
  });

  it('met no error of its own on the way', () => {
    expect(at.browser.faults).toEqual([]);
  });
});
