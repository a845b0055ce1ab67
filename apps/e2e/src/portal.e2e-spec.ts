import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath, overflow } from './browser.js';
import { ConsoleVisit } from './console-visit.js';
import { eventually, expectStatus } from './customer.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;

/** What a tenant's own customer does behind a link, without an account; each test goes on where the one before stopped. */
describeInBrowser('the portal, in Chromium', () => {
  let at: ConsoleVisit;
  let link: string;

  beforeAll(async () => {
    at = await ConsoleVisit.start();
    await at.customer.exchange('events', 'topic');
    const theme = { name: 'Shop events', accentColor: '#7c3aed' };
    link = expectStatus(await at.customer.manage<{ url: string }>('POST', '/portal-links', { customer: 'acme', exchange: 'events', keyPrefix: 'acme', theme }), 201).url;
  });
  afterAll(() => at?.leave());

  it('opens by its link, in the colours of the tenant, and takes the token out of the address', async () => {
    await at.page.goto(link.replace(/^https?:\/\/[^/]+/, at.home));
    await at.heading('Endpoints');
    expect(await at.page.title()).toBe('Shop events');
    expect(new URL(at.page.url()).hash).toBe('');
    await at.browser.capture('portal-empty');
  });

  it('adds an endpoint, shows its secret and tests it', async () => {
    await at.button('Add endpoint').click();
    await at.dialog().getByLabel('URL').fill(`${at.receiver.origin}/acme`);
    await at.dialog().getByText('Only some').click();
    await at.dialog().getByLabel('Names of events').fill('order.*');
    await at.page.keyboard.press('Enter');
    await at.browser.capture('portal-form');
    await at.button('Add endpoint', at.dialog()).click();
    await at.heading(/\/acme$/);
    await at.page.getByRole('textbox', { name: 'Signing secret' }).waitFor();
    await at.button('Send test event').click();
    await at.page.getByText('The test event was delivered').waitFor();
    await at.browser.capture('portal-endpoint');
  });

  it('shows the customer its own attempts, and sends one again', async () => {
    Object.assign(at.receiver, { status: 400, headers: { 'webhook-abort': 'true' }, answer: 'no such order' });
    at.receiver.received.length = 0;
    await at.app.publish('/exchanges/events', 'for another', { 'waybill-key': 'other.order.created' });
    await at.app.publish('/exchanges/events', 'for acme', { 'waybill-key': 'acme.order.created' });
    await eventually(() => expect(at.receiver.received).toMatchObject([{ body: expect.stringContaining('for acme') }]));
    await at.attempts().getByText('Rejected').waitFor();
    await at.button(/^Open the attempt of/).first().click();
    await at.dialog().getByText('no such order').waitFor();
    await at.browser.capture('portal-attempt');
    at.receiver.repaired();
    await at.button('Send again', at.dialog()).click();
    await eventually(() => expect(at.receiver.received).toHaveLength(2));
    await at.page.keyboard.press('Escape');
    await at.dialog().waitFor({ state: 'hidden' });
  });

  it('shows a secret again, adds a new one, pauses and resumes', async () => {
    await at.button('Show', at.section('Secrets')).click();
    expect(await at.section('Secrets').getByRole('textbox', { name: 'Signing secret' }).textContent()).toMatch(/^whsec_/);
    await at.button('New secret').click();
    await at.button('Add secret', at.dialog()).click();
    await at.dialog().waitFor({ state: 'hidden' });
    expect(await at.section('Secrets').getByText('Signing secret').count()).toBeGreaterThan(1);
    await at.button('Pause').click();
    await at.button('Resume').click();
    await at.button('Pause').waitFor();
    await at.page.setViewportSize({ width: 390, height: 844 });
    expect(await overflow(at.page)).toBe(0);
    await at.page.setViewportSize({ width: 1280, height: 900 });
    await at.page.goBack();
    await at.heading('Endpoints');
    await at.browser.capture('portal-endpoints');
  });

  it('says plainly that a link has expired or is not complete', async () => {
    await at.page.goto(`${at.home}/portal#wbp_nothing_${'x'.repeat(43)}`);
    await at.heading('This link has expired');
    await at.browser.capture('portal-expired');
    await at.page.goto('about:blank');
    await at.page.goto(`${at.home}/portal`);
    await at.heading('The link is not complete');
  });

  it('may be framed by this origin, and by no other', async () => {
    at.receiver.page = `<!doctype html><iframe src="${at.home}/portal"></iframe>`;
    await at.page.goto(`${at.receiver.origin}/embedding`);
    await eventually(() => expect(at.page.frames()[1]?.url()).toMatch(/^chrome-error:/));
    await at.page.goto(`${at.home}/sign-in`);
    await at.page.evaluate('document.body.append(Object.assign(document.createElement("iframe"), { src: "/portal" }))');
    await at.page.frameLocator('iframe').getByRole('heading', { name: 'The link is not complete' }).waitFor();
  });

  it('met no error of its own on the way', () => {
    // The other site was refused the frame, and said so.
    expect(at.browser.faults.filter((fault) => !fault.includes('frame-ancestors'))).toEqual([]);
  });
});
