import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { Application, Customer, eventually, expectStatus } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { Receiver } from './receiver.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** What a tenant's own customer does behind a link, without an account; each test goes on where the one before stopped. */
describeInBrowser('the portal, in Chromium', () => {
  let stack: Stack;
  let browser: Window;
  let page: Page;
  let home: string;
  let link: string;
  let app: Application;
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await Receiver.start();
    stack = await startInstallation({ settings: { EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1-65535' } });
    home = stack.controlPlane.url.replace('127.0.0.1', 'localhost');
    const customer = await Customer.signUp(stack.controlPlane.url);
    app = new Application(gatewayUrl(stack), (await customer.key()).secret);
    await customer.exchange('events', 'topic');
    const theme = { name: 'Shop events', accentColor: '#7c3aed' };
    link = expectStatus(await customer.manage<{ url: string }>('POST', '/portal-links', { customer: 'acme', exchange: 'events', keyPrefix: 'acme', theme }), 201).url;
    browser = await openBrowser();
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await receiver?.stop();
  });

  const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) => within.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');
  const heading = (name: string | RegExp) => page.getByRole('heading', { name, level: 1 }).waitFor();
  const section = (name: string) => page.getByRole('region', { name, exact: true });
  const attempts = () => section('Attempts').getByRole('table', { name: 'Attempts' });

  it('opens by its link, in the colours of the tenant, and takes the token out of the address', async () => {
    await page.goto(link.replace(/^https?:\/\/[^/]+/, home));
    await heading('Endpoints');
    expect(await page.title()).toBe('Shop events');
    expect(new URL(page.url()).hash).toBe('');
    await browser.capture('portal-empty');
  });

  it('adds an endpoint, shows its secret and tests it', async () => {
    await button('Add endpoint').click();
    await dialog().getByLabel('URL').fill(`${receiver.origin}/acme`);
    await dialog().getByText('Only some').click();
    await dialog().getByLabel('Names of events').fill('order.*');
    await page.keyboard.press('Enter');
    await browser.capture('portal-form');
    await button('Add endpoint', dialog()).click();
    await heading(/\/acme$/);
    await page.getByRole('textbox', { name: 'Signing secret' }).waitFor();
    await button('Send test event').click();
    await page.getByText('The test event was delivered').waitFor();
    await browser.capture('portal-endpoint');
  });

  it('shows the customer its own attempts, and sends one again', async () => {
    Object.assign(receiver, { status: 400, headers: { 'webhook-abort': 'true' }, answer: 'no such order' });
    receiver.received.length = 0;
    await app.publish('/exchanges/events', 'for another', { 'waybill-key': 'other.order.created' });
    await app.publish('/exchanges/events', 'for acme', { 'waybill-key': 'acme.order.created' });
    await eventually(() => expect(receiver.received).toMatchObject([{ body: expect.stringContaining('for acme') }]));
    await attempts().getByText('Rejected').waitFor();
    await button(/^Open the attempt of/).first().click();
    await dialog().getByText('no such order').waitFor();
    await browser.capture('portal-attempt');
    receiver.repaired();
    await button('Send again', dialog()).click();
    await eventually(() => expect(receiver.received).toHaveLength(2));
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
  });

  it('shows a secret again, adds a new one, pauses and resumes', async () => {
    await button('Show', section('Secrets')).click();
    expect(await section('Secrets').getByRole('textbox', { name: 'Signing secret' }).textContent()).toMatch(/^whsec_/);
    await button('New secret').click();
    await button('Add secret', dialog()).click();
    await dialog().waitFor({ state: 'hidden' });
    expect(await section('Secrets').getByText('Signing secret').count()).toBeGreaterThan(1);
    await button('Pause').click();
    await button('Resume').click();
    await button('Pause').waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(page)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goBack();
    await heading('Endpoints');
    await browser.capture('portal-endpoints');
  });

  it('says plainly that a link has expired or is not complete', async () => {
    await page.goto(`${home}/portal#wbp_nothing_${'x'.repeat(43)}`);
    await heading('This link has expired');
    await browser.capture('portal-expired');
    await page.goto('about:blank');
    await page.goto(`${home}/portal`);
    await heading('The link is not complete');
  });

  it('may be framed by this origin, and by no other', async () => {
    receiver.page = `<!doctype html><iframe src="${home}/portal"></iframe>`;
    await page.goto(`${receiver.origin}/embedding`);
    await eventually(() => expect(page.frames()[1]?.url()).toMatch(/^chrome-error:/));
    await page.goto(`${home}/sign-in`);
    await page.evaluate('document.body.append(Object.assign(document.createElement("iframe"), { src: "/portal" }))');
    await page.frameLocator('iframe').getByRole('heading', { name: 'The link is not complete' }).waitFor();
  });

  it('met no error of its own on the way', () => {
    // The other site was refused the frame, and said so.
    expect(browser.faults.filter((fault) => !fault.includes('frame-ancestors'))).toEqual([]);
  });
});
