import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { ConsoleVisit } from './console-visit.js';
import { eventually, expectStatus } from './customer.js';
import { Mailbox } from './mailbox.js';

const describeInBrowser = chromiumPath ? describe : describe.skip;
const [boss, ops] = ['boss@example.com', 'ops@example.com'];

/** Mails as the tenant sees them, and as who gets them does; each test goes on where the one before stopped. */
describeInBrowser('mails of a subscription, in Chromium', () => {
  let mailbox: Mailbox;
  let at: ConsoleVisit;
  /** The browser of somebody who has a mail and no account. */
  let reader: Window;

  beforeAll(async () => {
    mailbox = await Mailbox.open();
    at = await ConsoleVisit.start({ SMTP_URL: mailbox.url });
    reader = await openBrowser();
    await at.signIn();
  });
  afterAll(async () => {
    await reader?.close();
    await at?.leave();
    await mailbox?.close();
  });

  /** Links name the installation as people reach it, not by the port of this test. */
  const follow = (link: string) => reader.page.goto(`${at.home}${new URL(link).pathname}`);

  it('wait for the confirmation of an address, and the console says so where the subscription is made', async () => {
    await at.customer.manage('PUT', '/queues/alerts', {});
    await at.open('create-subscription?queue=alerts');
    await at.heading('Create subscription');
    await at.page.getByRole('radio', { name: /Mail/ }).click();
    await at.page.getByLabel(/^To/).first().pressSequentially(`${boss},${ops},`);
    await at.page.getByLabel('Name of the subscription').fill('alerts-mail');
    await at.browser.capture('mail-create');
    await at.button('Create subscription').click();
    await at.page.getByText('Waiting for confirmation').waitFor();
    await at.button('Send test event').click();
    await at.page.getByText('No recipient has confirmed').waitFor();
    await at.browser.capture('mail-created');
    await at.page.getByRole('link', { name: 'Open the subscription' }).click();
    await at.heading('alerts-mail');
    await at.section('Recipients').getByText(ops).waitFor();
    await at.browser.capture('mail-waiting');
    await at.app.publish('/queues/alerts', 'the disk is full');
  });

  it('ask on a page that does nothing before a button is pressed, then bring what waited', async () => {
    await eventually(() => expect(mailbox.to(ops)).toHaveLength(1));
    const [asked] = mailbox.to(ops);
    await follow(asked!.links[0]!);
    await reader.page.getByRole('heading', { name: 'Do you want these mails?' }).waitFor();
    await reader.capture('mail-link-confirm');
    expect(await overflow(reader.page)).toBeLessThanOrEqual(0);
    expect(mailbox.to(ops)).toHaveLength(1);
    await at.button('Yes, send me mails', reader.page).click();
    await reader.page.getByText('Confirmed', { exact: true }).waitFor();
    await reader.capture('mail-link-confirmed');
    await eventually(() => expect(mailbox.to(ops).at(-1)!.text).toContain('the disk is full'));
    expect(mailbox.to(boss)).toHaveLength(1);
    await at.section('Recipients').getByText('Confirmed', { exact: true }).waitFor();
    await at.attempts().getByText('Delivered').waitFor();
    await at.browser.capture('mail-confirmed');
  });

  it('end with the link in each of them, and the console says who left', async () => {
    await follow(mailbox.to(ops).at(-1)!.links.at(-1)!);
    await at.button('Send me no more mails', reader.page).click();
    await reader.page.getByText('No more mails', { exact: true }).waitFor();
    await reader.capture('mail-link-unsubscribed');
    await at.section('Recipients').getByText('Unsubscribed', { exact: true }).waitFor();
    await at.browser.capture('mail-unsubscribed');
    await at.button('It was a mistake: take that back', reader.page).click();
    await at.button('Send me no more mails', reader.page).waitFor();
    await at.section('Recipients').getByText('Confirmed', { exact: true }).waitFor();
  });

  it('are asked for again by the customer of the tenant, in its portal', async () => {
    const late = 'late@example.com';
    mailbox.unknown.add(late);
    await at.customer.exchange('events', 'topic');
    const { url: link } = expectStatus(await at.customer.manage<{ url: string }>('POST', '/portal-links', { customer: 'acme', exchange: 'events', keyPrefix: 'acme', kinds: ['mail'] }), 201);
    await at.page.goto(link.replace(/^https?:\/\/[^/]+/, at.home));
    await at.button('Add endpoint').click();
    await at.dialog().getByLabel(/^To/).first().pressSequentially(`${late},`);
    await at.button('Add endpoint', at.dialog()).click();
    await at.section('Recipients').getByText('no such mailbox').waitFor({ timeout: 30_000 });
    mailbox.unknown.delete(late);
    await at.button(`Ask ${late} again`).click();
    await eventually(() => expect(mailbox.to(late)).toHaveLength(1));
    await at.section('Recipients').getByText(/the link works until/).waitFor({ timeout: 30_000 });
    await at.browser.capture('portal-mail-waiting');
    expect(await overflow(at.page)).toBeLessThanOrEqual(0);
    await at.button(`Ask ${late} again`).click();
    await at.page.getByText(/one every ten minutes to the same address/).waitFor();
    await at.browser.capture('portal-mail-asked');
    await follow(mailbox.to(late)[0]!.links[0]!);
    await at.button('Yes, send me mails', reader.page).click();
    await at.section('Recipients').getByText('Confirmed', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await at.button(`Ask ${late} again`).count()).toBe(0);
  });

  it('say of a link that is cut that it does not work, without a fault of the page', async () => {
    await reader.page.goto(`${at.home}/mail/wbm_cut`);
    await reader.page.getByText('The link is not valid').waitFor();
    await reader.capture('mail-link-invalid');
    expect([...at.browser.faults, ...reader.faults].filter((fault) => !/status of (401|429)/.test(fault))).toEqual([]);
  });
});
