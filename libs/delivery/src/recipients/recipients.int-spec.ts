import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret, silentLogger } from '@waybill/kernel';
import { newHome } from '@waybill/testing';
import { mailServerOf } from '../mail/mail-server.js';
import { openMailer } from '../mail/mailer.js';
import type { Mailer } from '../mail/mailer.js';
import { TestMailServer } from '../testing/mail-server.js';
import { mailLinks, testMailParts } from '../testing/mail-parts.js';
import { SubscribedNamespace } from '../testing/subscribed-namespace.store.js';
import { MailLinks } from './mail-links.js';
import { RecipientAnswers } from './recipient-answers.store.js';
import { askEveryMs, linkLifeMs } from './recipient.store.js';
import { RequestMailStore } from './request-mail.store.js';
import { RequestMails } from './request-mails.js';

let at: SubscribedNamespace;
let server: TestMailServer;
let mailer: Mailer;
let answers: RecipientAnswers;
let serial = 0;

beforeAll(async () => {
  server = await TestMailServer.open();
  at = await SubscribedNamespace.start(testMailParts(server.port, undefined, { allow: ['trusted.example'], deny: ['denied.example'] }));
  mailer = openMailer(mailServerOf(new Secret(`smtp://127.0.0.1:${server.port}`)), 'waybill@example.com', silentLogger);
  answers = new RecipientAnswers(at.fresh.database, mailLinks, at.open.nudges, at.clock);
  await at.queue('orders');
});
afterEach(() => {
  server.refuseRecipient = () => undefined;
});
afterAll(async () => {
  mailer?.close();
  await server?.close();
  await at?.stop();
});

const someone = () => `Someone.${(serial += 1)}@example.com`;
const worker = () => new RequestMails(new RequestMailStore(at.fresh.database), mailer, mailLinks, at.clock, silentLogger);
const mailTo = (name: string, ...to: string[]) => at.put(name, { kind: 'mail', settings: { to } });
const view = (name: string) => at.open.subscriptions.get(at.caller, at.ns, { name });
const known = async (id: string) => (await at.open.feed.changesSince(0, 10_000)).changes.find((change) => change.id === id)?.active ?? null;
/** The links in the mails that an address got: to confirm, and to unsubscribe. */
const linksTo = (address: string) =>
  server.received.filter(({ to }) => to[0] === address.toLowerCase()).map(({ source }) => [...source.replace(/=\r\n/g, '').matchAll(/https:\/\/console\.example\/mail\/(wbm_[\w-]+)\r?$/gm)].map(([, token]) => token!));
async function asked(name: string, address: string): Promise<{ id: string; confirm: string; unsubscribe: string }> {
  const { subscription: { id } } = await mailTo(name, address);
  await worker().run();
  const [confirm = '', unsubscribe = ''] = linksTo(address).at(-1) ?? [];
  return { id, confirm, unsubscribe };
}

describe('a recipient of mails', () => {
  it('is asked once by whatever number of workers, and gets nothing before the answer', async () => {
    const address = someone();
    const { subscription } = await mailTo('first', address);
    expect(subscription).toMatchObject({ state: 'active', held: true, recipients: [{ address, state: 'waiting', notAsked: null }] });
    expect(await known(subscription.id)).toBeNull();
    await Promise.all([worker().run(), worker().run(), worker().run()]);
    expect(linksTo(address)).toHaveLength(1);
    const [[confirm = '']] = linksTo(address) as [string[]];
    expect(server.last.source).toMatch(/^Subject: Confirm that you want mails from /m);
    expect(await answers.read(confirm)).toMatchObject({ purpose: 'confirm', address: address.toLowerCase(), subscription: 'first', state: 'waiting' });
    expect((await view('first')).held).toBe(true);

    expect(await answers.confirm(confirm)).toMatchObject({ state: 'confirmed' });
    expect(await view('first')).toMatchObject({ held: false, recipients: [{ address, state: 'confirmed' }] });
    expect((await known(subscription.id))?.subscription.consents).toEqual({ [address.toLowerCase()]: 'confirmed' });
    expect((await mailTo('again', address)).subscription.held).toBe(false);
    await worker().run();
    expect(linksTo(address)).toHaveLength(1);
  });

  it('who unsubscribes gets no mail of any subscription of the tenant, and alone can take it back', async () => {
    const address = someone();
    const { id, confirm, unsubscribe } = await asked('left', address);
    const { subscription: other } = await mailTo('left-too', address);
    await answers.confirm(confirm);
    expect(await known(other.id)).not.toBeNull();
    expect(await answers.unsubscribe(unsubscribe)).toMatchObject({ state: 'unsubscribed' });
    expect(await answers.unsubscribe(unsubscribe)).toMatchObject({ state: 'unsubscribed' });
    expect([await known(id), await known(other.id)]).toEqual([null, null]);
    expect(await view('left')).toMatchObject({ held: true, recipients: [{ state: 'unsubscribed' }] });

    await expect(at.open.subscriptions.askAgain(at.caller, at.ns, { name: 'left' }, address)).rejects.toMatchObject({ code: 'recipient_settled' });
    await at.open.subscriptions.delete(at.caller, at.ns, { name: 'left' });
    expect((await mailTo('left', address)).subscription.recipients[0]).toMatchObject({ state: 'unsubscribed' });
    await expect(answers.confirm(confirm)).rejects.toMatchObject({ code: 'mail_link_used' });
    expect(await answers.resubscribe(unsubscribe)).toMatchObject({ state: 'confirmed' });
    expect((await view('left')).held).toBe(false);
  });

  it('who wants no mail says so with the link that asks, or with the other one of that mail', async () => {
    const [one, two] = [someone(), someone()];
    const { confirm } = await asked('no', one);
    await answers.unsubscribe(confirm);
    await expect(answers.confirm(confirm)).rejects.toMatchObject({ code: 'mail_link_used' });
    const { confirm: unused, unsubscribe } = await asked('no-too', two);
    await answers.unsubscribe(unsubscribe);
    await expect(answers.confirm(unused)).rejects.toMatchObject({ code: 'mail_link_used' });
    expect(await answers.resubscribe(unsubscribe)).toMatchObject({ state: 'waiting' });
  });

  it('who never wanted mail is not asked again when the address is saved again, in whatever letters, after the first link has ended', async () => {
    const address = someone();
    const { unsubscribe } = await asked('unwanted', address);
    await answers.unsubscribe(unsubscribe);
    at.clock.advance(linkLifeMs + 1);
    for (const name of ['unwanted', 'unwanted-too']) expect((await mailTo(name, address.toUpperCase())).subscription.recipients[0]).toMatchObject({ state: 'unsubscribed' });
    await worker().run();
    expect(linksTo(address)).toHaveLength(1);
  });

  it('is asked once by two workers with a mail server that takes long over each mail', async () => {
    const names = Array.from({ length: 20 }, () => someone());
    for (const name of names) await mailTo(`slow-${name.split('@')[0]!.toLowerCase().replace('.', '-')}`, name);
    const sent: string[] = [];
    const slow = (tookMs: number, before: () => Promise<void>) => new RequestMails(new RequestMailStore(at.fresh.database), {
      send: async ({ to }) => {
        sent.push(to as string);
        at.clock.advance(tookMs);
        await before();
        return 'sent';
      },
    }, mailLinks, at.clock, silentLogger);
    await slow(14_000, async () => void (sent.length === 12 && (await slow(0, async () => undefined).run()))).run();
    expect(sent.filter((to) => names.some((name) => name.toLowerCase() === to)).sort()).toEqual(names.map((name) => name.toLowerCase()).sort());
  });

  it('confirms once, however often the link is sent at the same time', async () => {
    const { confirm } = await asked('race', someone());
    const outcomes = await Promise.allSettled([answers.confirm(confirm), answers.confirm(confirm), answers.confirm(confirm)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('who answers while a subscription is made is heard by it', async () => {
    for (let i = 0; i < 8; i += 1) {
      const address = someone();
      const { confirm } = await asked(`early-${i}`, address);
      const [, { subscription }] = await Promise.all([answers.confirm(confirm), mailTo(`late-${i}`, address)]);
      expect(await known(subscription.id)).not.toBeNull();
    }
  });

  it('is asked again after ten minutes, and after three days the first link has ended', async () => {
    const address = someone();
    const { confirm } = await asked('slow', address);
    const again = () => at.open.subscriptions.askAgain(at.caller, at.ns, { name: 'slow' }, address.toUpperCase());
    await expect(again()).rejects.toMatchObject({ code: 'confirmations_limited', params: { retryAfterSeconds: 600 } });
    at.clock.advance(askEveryMs);
    await again();
    await worker().run();
    expect(linksTo(address)).toHaveLength(2);
    at.clock.advance(linkLifeMs - askEveryMs);
    await expect(answers.confirm(confirm)).rejects.toMatchObject({ code: 'mail_link_invalid' });
    expect(await answers.confirm(linksTo(address)[1]![0]!)).toMatchObject({ state: 'confirmed' });
    await expect(again()).rejects.toMatchObject({ code: 'recipient_settled' });
    await expect(at.open.subscriptions.askAgain(at.caller, at.ns, { name: 'slow' }, 'other@example.com')).rejects.toMatchObject({ code: 'recipient_not_found' });
  });

  it('is asked ten times a day at most, by whatever tenants', async () => {
    const victim = someone();
    for (let i = 0; i < 10; i += 1) {
      await mailTo('victim', victim);
      at.clock.advance(askEveryMs);
      if (i < 9) await at.open.subscriptions.askAgain(at.caller, at.ns, { name: 'victim' }, victim);
    }
    const home = await newHome(at.fresh.database);
    await at.queue('orders', home);
    const asking = at.open.subscriptions.put(home.caller, home.namespaceId, 'victim', { queue: 'orders', kind: 'mail', settings: { to: [victim] }, delivery: {}, description: '', customer: null, secrets: {} });
    await expect(asking).rejects.toMatchObject({ code: 'confirmations_limited' });
    await worker().run();
    expect(linksTo(victim)).toHaveLength(10);
  });

  it('of a trusted domain needs no confirmation, and may still unsubscribe', async () => {
    const address = 'ops@trusted.example';
    const { subscription } = await mailTo('trusted', address, someone());
    expect(subscription).toMatchObject({ held: false, recipients: [{ state: 'trusted' }, { state: 'waiting' }] });
    const token = mailLinks.unsubscribe(at.caller.tenantId, address).split('/').at(-1)!;
    await answers.unsubscribe(token);
    expect(await view('trusted')).toMatchObject({ held: true, recipients: [{ state: 'unsubscribed' }, { state: 'waiting' }] });
    await answers.resubscribe(token);
    expect(await view('trusted')).toMatchObject({ held: false, recipients: [{ state: 'trusted' }, { state: 'waiting' }] });
    await expect(mailTo('denied', 'a@denied.example')).rejects.toMatchObject({ code: 'setting_invalid' });
  });

  it('that does not exist is given up and said, and one whose server is away is asked later', async () => {
    const [none, late] = [someone(), someone()];
    server.refuseRecipient = (address) => (address === none.toLowerCase() ? { code: 550, text: 'no such mailbox' } : address === late.toLowerCase() ? { code: 451, text: 'later' } : undefined);
    await mailTo('none', none);
    await mailTo('later', late);
    await worker().run();
    expect((await view('none')).recipients[0]!.notAsked).toContain('no such mailbox');
    server.refuseRecipient = () => undefined;
    await worker().run();
    expect([linksTo(none).length, linksTo(late).length]).toEqual([0, 0]);
    at.clock.advance(30_000);
    await worker().run();
    expect([linksTo(none).length, linksTo(late).length]).toEqual([0, 1]);
    await at.open.subscriptions.askAgain(at.caller, at.ns, { name: 'none' }, none);
    await worker().run();
    expect(linksTo(none)).toHaveLength(1);
  });

  it('is of one tenant: another one asks for itself, and sees and answers nothing here', async () => {
    const address = someone();
    const { confirm } = await asked('mine', address);
    await answers.confirm(confirm);
    const home = await newHome(at.fresh.database);
    await at.queue('orders', home);
    const { subscription } = await at.open.subscriptions.put(home.caller, home.namespaceId, 'theirs', { queue: 'orders', kind: 'mail', settings: { to: [address] }, delivery: {}, description: '', customer: null, secrets: {} });
    expect(subscription).toMatchObject({ held: true, recipients: [{ state: 'waiting' }] });
    await answers.unsubscribe(mailLinks.unsubscribe(home.caller.tenantId, address.toLowerCase()).split('/').at(-1)!);
    expect((await view('mine')).held).toBe(false);
    await expect(at.open.subscriptions.askAgain(home.caller, at.ns, { name: 'mine' }, address)).rejects.toMatchObject({ code: 'namespace_not_found' });
  });

  it('is not spoken for by who guesses: a token that is cut, changed, of another installation or of another purpose is refused', async () => {
    const { confirm, unsubscribe } = await asked('guess', someone());
    const foreign = new MailLinks(new Secret('another secret that is long enough too'), 'https://console.example').confirm(at.caller.tenantId, 'mrq_1').split('/').at(-1)!;
    const unknown = mailLinks.confirm(at.caller.tenantId, 'mrq_1').split('/').at(-1)!;
    const moved = mailLinks.confirm((await newHome(at.fresh.database)).caller.tenantId, 'mrq_1').split('/').at(-1)!;
    for (const token of ['', 'wbm_', confirm.slice(0, -1), `${confirm}x`, confirm.replace(/^wbm_./, 'wbm_A'), foreign, unknown, moved, unsubscribe]) {
      await expect(answers.confirm(token)).rejects.toMatchObject({ code: 'mail_link_invalid' });
    }
    await expect(answers.resubscribe(confirm)).rejects.toMatchObject({ code: 'mail_link_invalid' });
    expect(await answers.confirm(confirm)).toMatchObject({ state: 'confirmed' });
  });

  it('is never sent a link in the words of the tenant', async () => {
    const { tenantId } = at.caller;
    await at.fresh.database.withTenant(tenantId, (tx) => tx.tenant.update({ where: { id: tenantId }, data: { name: 'Win now: https://evil.example/x\r\nBcc: a@b.example' } }));
    await asked('www.evil.example', someone());
    expect(server.last.source.replace(/=\r\n/g, '').match(/https?:\S+|evil\.example/g)?.every((found) => found.startsWith('https://console.example/mail/'))).toBe(true);
    expect(server.last.to).toHaveLength(1);
  });
});
