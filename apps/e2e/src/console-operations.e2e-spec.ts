import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath, overflow } from './browser.js';
import { ConsoleVisit } from './console-visit.js';
import { expectStatus } from './customer.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** Long-running work, schedules and portal links as people see them; each test goes on where the one before stopped. */
describeInBrowser('tasks, schedules and portal links in the console, in Chromium', () => {
  let at: ConsoleVisit;

  beforeAll(async () => {
    at = await ConsoleVisit.start();
    await at.signIn();
    await at.customer.exchange('shop', 'topic');
    await at.customer.queue('orders');
    await at.customer.queue('archive');
    await at.app.publishBatch('/queues/orders', Array.from({ length: 60 }, (_, number) => `order ${number}`), { key: 'order.created' });
  });
  afterAll(() => at?.leave());

  it('explains tasks while there are none, counts first, and starts one from the page of a queue', async () => {
    await at.open('tasks');
    await at.page.getByText('No tasks this week').waitFor();
    await at.browser.capture('tasks-empty');
    await at.open('queues/orders');
    await at.button('More actions').click();
    await at.page.getByRole('menuitem', { name: 'Redrive, move or purge some' }).click();
    await at.button('Start move', at.dialog()).click();
    await at.dialog().getByText('Choose where they go.').waitFor();
    await at.choose('To', 'archive', at.dialog());
    await at.dialog().getByLabel('Text in the body').fill('order 5');
    await at.button('Count first', at.dialog()).click();
    await at.dialog().getByText('11 messages fit').waitFor();
    await at.browser.capture('task-form');
    await at.dialog().getByLabel('Text in the body').fill('');
    await at.dialog().getByText('11 messages fit').waitFor({ state: 'hidden' });
    await at.dialog().getByLabel('Messages per second').fill('2');
    await at.button('Start move', at.dialog()).click();
    await at.heading('Tasks');
  });

  it('shows how far a task is, and cancels it', async () => {
    const row = at.page.getByRole('row').filter({ hasText: 'Move' });
    await row.getByText('Running').waitFor();
    await row.getByRole('progressbar').waitFor();
    await row.getByText('at most 2/s').waitFor();
    await row.getByText(/^[1-9]\d* done of/).waitFor();
    await at.browser.capture('tasks');
    await at.button('Cancel the move of orders').click();
    await at.button('Cancel task', at.dialog()).click();
    await row.getByText('Cancelled').waitFor();
    const archived = (await at.app.figures('archive')).ready;
    expect(archived).toBeGreaterThan(0);
    expect((await at.app.figures('orders')).ready).toBe(60 - archived);
    await row.getByText(`${archived} done of`, { exact: false }).waitFor();
  });

  it('purges what fits, and shows it done', async () => {
    await at.button('Start a task').click();
    await at.dialog().getByText('Purge', { exact: true }).click();
    await at.choose('Queue', 'archive', at.dialog());
    await at.button('Remove messages', at.dialog()).click();
    await at.dialog().getByText(/^Say which messages/).waitFor();
    await at.dialog().getByLabel('Routing key').fill('order.created');
    await at.button('Remove messages', at.dialog()).click();
    await at.page.getByRole('row').filter({ hasText: 'Purge' }).getByText('Done', { exact: true }).waitFor();
    expect((await at.app.figures('archive')).ready).toBe(0);
  });

  it('explains schedules while there are none, and says at the field why one is refused', async () => {
    await at.visit('Schedules');
    await at.page.getByText('No schedules yet').waitFor();
    await at.browser.capture('schedules-empty');
    await at.button('Create schedule').click();
    await at.dialog().getByLabel('Name').fill('nightly');
    await at.dialog().getByLabel('When').fill('99 * * * *');
    await at.dialog().getByRole('combobox', { name: 'By the clocks of' }).or(at.dialog().getByRole('textbox', { name: 'By the clocks of' })).first().fill('Europe/Vienna');
    await at.page.keyboard.press('Escape');
    await at.choose('To', 'archive', at.dialog());
    await at.dialog().getByLabel(/^Body/).fill('{"run":"nightly"}');
    await at.button('Create schedule', at.dialog()).click();
    await at.dialog().locator('[aria-invalid=true]').and(at.dialog().getByLabel('When')).waitFor();
    await at.browser.capture('schedule-form');
    await at.dialog().getByLabel('When').fill('30 2 * * *');
    await at.button('Create schedule', at.dialog()).click();
    await at.dialog().waitFor({ state: 'hidden' });
    await at.button('Open nightly').waitFor();
  });

  it('shows the next runs by the clocks of the zone, pauses, resumes, changes and cancels', async () => {
    await at.button('Open nightly').click();
    const runs = at.dialog().getByRole('region', { name: 'Next runs' }).getByRole('listitem');
    await runs.first().waitFor();
    expect(await runs.count()).toBe(5);
    for (const text of await runs.allTextContents()) expect(text).toMatch(/02:30$/);
    await at.browser.capture('schedule');
    await at.page.keyboard.press('Escape');
    await at.dialog().waitFor({ state: 'hidden' });
    await at.button('Pause nightly').click();
    await at.button('Resume nightly').waitFor();
    await at.browser.capture('schedules');
    await at.button('Resume nightly').click();
    await at.button('Pause nightly').waitFor();
    await at.button('More about nightly').click();
    await at.page.getByRole('menuitem', { name: 'Edit schedule' }).click();
    await at.dialog().getByLabel('When').fill('0 * * * *');
    await at.button('Save schedule', at.dialog()).click();
    await at.page.getByRole('row').getByText('0 * * * *').waitFor();
    expect(expectStatus(await at.app.call('GET', '/schedules/nightly'), 200)).toMatchObject({ cron: '0 * * * *', timeZone: 'Europe/Vienna', to: { queue: 'archive' }, message: { body: '{"run":"nightly"}' } });
    await at.button('More about nightly').click();
    await at.page.getByRole('menuitem', { name: 'Cancel schedule' }).click();
    await at.button('Cancel schedule', at.dialog()).click();
    await at.page.getByText('No schedules yet').waitFor();
  });

  it('makes a portal link for the customer of a subscription, and shows what is behind it', async () => {
    const subscription = { queue: 'orders', kind: 'webhook', settings: { url: `${at.receiver.origin}/acme` }, customer: 'acme' };
    expectStatus(await at.customer.manage('PUT', '/subscriptions/acme-orders', subscription), 201);
    await at.open('subscriptions/acme-orders');
    await at.button('More actions').click();
    await at.page.getByRole('menuitem', { name: 'Make a portal link' }).click();
    expect(await at.dialog().getByLabel('Customer').inputValue()).toBe('acme');
    expect(await at.dialog().getByLabel('Routing keys begin with').inputValue()).toBe('acme');
    await at.choose('Exchange', 'shop (topic)', at.dialog());
    await at.choose('Works for', 'A day', at.dialog());
    await at.button('Look and kinds of destination', at.dialog()).click();
    await at.dialog().getByLabel('Title of the page').fill('Shop events');
    await at.browser.capture('portal-link-form');
    await at.button('Make link', at.dialog()).click();
    const link = at.dialog().getByRole('textbox', { name: 'Portal link' });
    await link.waitFor();
    await at.button('Copy link', at.dialog()).waitFor();
    const portal = at.page.frameLocator('iframe');
    await portal.getByRole('heading', { name: 'Endpoints' }).waitFor();
    await portal.getByText('/acme').first().waitFor();
    await at.browser.capture('portal-link');
    const token = new URL((await link.textContent()) ?? '').hash.slice(1);
    const answer = await fetch(`${at.stack.controlPlane.url}/api/v1/portal`, { headers: { authorization: `Bearer ${token}` } });
    const { expiresAt, theme } = (await answer.json()) as { expiresAt: string; theme: { name: string } };
    expect(theme.name).toBe('Shop events');
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 3_600_000)).toBe(24);
    await at.button('Done', at.dialog()).click();
    expect(await at.page.content()).not.toContain(token);
  });

  it('lists portal links, and revokes one: who has it is shut out at the next click', async () => {
    const made = expectStatus(await at.customer.manage<{ token: string }>('POST', '/portal-links', { customer: 'globex', exchange: 'shop', keyPrefix: 'globex' }), 201);
    const knock = async () => (await fetch(`${at.stack.controlPlane.url}/api/v1/portal`, { headers: { authorization: `Bearer ${made.token}` } })).status;
    expect(await knock()).toBe(200);
    await at.visit('Subscriptions');
    await at.page.getByRole('link', { name: 'Portal links' }).click();
    await at.heading('Portal links');
    await at.button(/^Revoke the link of globex/).click();
    await at.browser.capture('portal-link-revoke');
    await at.button('Revoke link', at.dialog()).click();
    await at.page.getByRole('row').filter({ hasText: 'globex' }).getByText('Revoked').waitFor();
    await at.page.getByRole('row').filter({ hasText: 'acme' }).getByText('Open').waitFor();
    await at.browser.capture('portal-links');
    expect(await knock()).toBe(401);
  });

  it('never scrolls sideways at phone width', async () => {
    await at.page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['tasks', 'schedules', 'portal-links']) {
      await at.open(path);
      await at.page.getByRole('heading', { level: 1 }).waitFor();
      await at.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      expect({ path, overflow: await overflow(at.page) }).toEqual({ path, overflow: 0 });
    }
    await at.page.setViewportSize({ width: 1280, height: 900 });
  });

  it('met no error of its own on the way', () => {
    expect(at.browser.faults).toEqual([]);
  });
});
