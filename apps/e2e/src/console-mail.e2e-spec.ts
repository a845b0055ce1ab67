import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath, openBrowser, overflow } from './browser.js';
import type { Window } from './browser.js';
import { ConsoleVisit } from './console-visit.js';
import { eventually } from './customer.js';
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

  it('say of a link that is cut that it does not work, without a fault of the page', async () => {
    await reader.page.goto(`${at.home}/mail/wbm_cut`);
    await reader.page.getByText('The link is not valid').waitFor();
    await reader.capture('mail-link-invalid');
    expect([...at.browser.faults, ...reader.faults].filter((fault) => !/status of 401/.test(fault))).toEqual([]);
  });
});
