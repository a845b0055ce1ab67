import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Secret, silentLogger } from '@waybill/kernel';
import type { LogFacts } from '@waybill/kernel';
import type { Secrets, Sender } from '../../destination.js';
import { mailServerOf } from '../../mail/mail-server.js';
import { openMailer } from '../../mail/mailer.js';
import type { Consents } from '../../recipients/recipient.js';
import { aCall, aMessage, localGuard } from '../../testing/calls.js';
import { mailLinks, ownerOf, testMailParts } from '../../testing/mail-parts.js';
import { TestMailServer } from '../../testing/mail-server.js';
import { MailKind } from './mail-kind.js';

let mail: TestMailServer;
const senders: Sender[] = [];
beforeEach(async () => {
  mail = await TestMailServer.open();
});
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.close()));
  await mail.close();
});

const installation = () => ({ server: mailServerOf(new Secret(`smtp://127.0.0.1:${mail.port}`)), from: 'Waybill <waybill@example.com>' });
const ownServer = (given: Record<string, unknown> = {}) => ({ server: { host: '127.0.0.1', port: mail.port, security: 'none', ...given } });

interface Opened {
  secrets?: Secrets;
  guard?: ReturnType<typeof localGuard>;
  installed?: boolean;
  consents?: Consents;
  noted?: Map<string, Set<string>>;
}
function open(settings: Record<string, unknown>, { secrets = {}, guard = localGuard(), installed = true, consents = { 'ops@example.com': 'confirmed' }, noted }: Opened = {}): Sender {
  const kind = new MailKind(guard, testMailParts(installed ? mail.port : undefined, noted));
  const sender = kind.open(kind.settings.parse({ to: ['ops@example.com'], ...settings }), secrets, ownerOf(consents));
  senders.push(sender);
  return sender;
}
const headerOf = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'im').exec(mail.last.source.replace(/\r\n[ \t]+/g, ' ').split('\r\n\r\n')[0] as string)?.[1]?.trim();
const textOf = (): string => mail.last.source.split('\r\n\r\n').slice(1).join('\n').replace(/=\r?\n/g, '');

describe('a mail', () => {
  it('carries one message through the server of the installation, from its sender', async () => {
    const answer = await open({ subject: 'Order {{body.order}}: {{message.key}}', text: 'Total {{body.total}}', replyTo: 'help@example.com' }).send(aCall());
    expect(answer).toMatchObject({ outcome: 'delivered', status: 250, requestId: 'ABC123', reason: null });
    expect(mail.last).toMatchObject({ from: 'waybill@example.com', to: ['ops@example.com'] });
    expect([headerOf('Subject'), headerOf('From'), headerOf('Reply-To'), headerOf('Message-ID'), headerOf('Auto-Submitted')]).toEqual([
      'Order 1: order.created', 'Waybill <waybill@example.com>', 'help@example.com', '<msg_0000000001a@waybill>', 'auto-generated',
    ]);
    expect(textOf()).toContain('Total 9.9');
  });

  it('carries several messages in one digest, under an id that is the same for the same messages', async () => {
    const sender = open({});
    const messages = [aMessage(), aMessage({ id: 'msg_0000000001b', key: 'order.paid', contentType: 'text/plain', body: Buffer.from('paid') })];
    await sender.send(aCall({ messages }));
    const id = headerOf('Message-ID');
    expect(headerOf('Subject')).toBe('2 messages');
    expect(textOf()).toMatch(/order\.created[\s\S]*"order":1[\s\S]*order\.paid[\s\S]*paid/);
    await sender.send(aCall({ messages, attempt: 2 }));
    expect(headerOf('Message-ID')).toBe(id);
    expect(mail.received).toHaveLength(2);
  });

  it.each([
    ['a line break and a header', 'x\r\nBcc: thief@example.com'], ['a bare line feed', 'x\nBcc: thief@example.com'], ['a bare carriage return', 'x\rBcc: thief@example.com'],
    ['the end of the headers', 'x\r\n\r\nBcc: thief@example.com'], ['a Unicode line separator', 'x\u2028Bcc: thief@example.com'], ['an encoded word', '=?utf-8?q?x=0d=0aBcc:_thief@example.com?='],
  ])('takes no header and no recipient from a message with %s', async (_what, text) => {
    await open({ subject: '{{message.key}} {{headers.h}}', text: '{{message.key}}' }).send(aCall({ messages: [aMessage({ key: text, headers: { h: text } })] }));
    expect(mail.last.to).toEqual(['ops@example.com']);
    expect(headerOf('Bcc')).toBeUndefined();
    expect(headerOf('To')).toBe('ops@example.com');
  });

  it('cannot be ended by a message that holds the end mark of SMTP', async () => {
    await open({}).send(aCall({ messages: [aMessage({ contentType: 'text/plain', body: Buffer.from('a\r\n.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<thief@example.com>\r\n') })] }));
    expect(mail.received).toHaveLength(1);
    expect(mail.last.to).toEqual(['ops@example.com']);
  });

  it.each([
    [421, 'failed'], [450, 'failed'], [452, 'failed'], [500, 'failed'], [530, 'failed'], [550, 'rejected'], [552, 'rejected'], [554, 'rejected'],
  ] as const)('that the server refuses with %i is %s', async (code, outcome) => {
    mail.refuse = { code, text: 'no' };
    const answer = await open({}).send(aCall());
    expect(answer).toMatchObject({ outcome, status: code });
    expect(Buffer.from(answer.head).toString()).toContain(String(code));
  });

  it('ends at its deadline when the server says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    expect(await open(ownServer({ port: (silent.address() as AddressInfo).port })).send(aCall({ timeoutMs: 100 }))).toMatchObject({ outcome: 'failed', status: null, reason: 'timeout' });
    await Promise.all(senders.splice(0).map((sender) => sender.close()));
    silent.close();
  });
});

describe('several recipients', () => {
  const to = ['ops@example.com', 'Dev@example.com', 'boss@example.com'];
  const consents: Consents = { 'ops@example.com': 'confirmed', 'dev@example.com': 'confirmed', 'boss@example.com': 'confirmed' };
  const gotBy = () => mail.received.map(({ to: [address] }) => address).sort();

  it('get a mail each, with a link of their own by which programs and people unsubscribe', async () => {
    expect(await open({ to }, { consents }).send(aCall())).toMatchObject({ outcome: 'delivered', status: 250 });
    expect(gotBy()).toEqual(['Dev@example.com', 'boss@example.com', 'ops@example.com']);
    for (const { source, to: [address] } of mail.received) {
      const unfolded = source.replace(/\r\n[ \t]+/g, ' ');
      const url = /^List-Unsubscribe: <(.*)>\r$/im.exec(unfolded)?.[1] ?? '';
      expect(unfolded).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/im);
      expect(mailLinks.read(url.slice('https://console.example/mail/'.length))).toEqual({ purpose: 'unsubscribe', tenantId: 'tnt_1', address: address!.toLowerCase() });
      expect(source.replace(/=\r\n/g, '')).toContain(`To get no more of these mails: ${url.replaceAll('=', '=3D')}`);
    }
  });

  it('who have not confirmed, or have unsubscribed, get none, and with nobody left nothing leaves', async () => {
    await open({ to }, { consents: { 'ops@example.com': 'waiting', 'boss@example.com': 'confirmed' } }).send(aCall());
    await open({ to }, { consents: { ...consents, 'dev@example.com': 'unsubscribed', 'boss@example.com': 'unsubscribed' } }).send(aCall());
    expect(gotBy()).toEqual(['boss@example.com', 'ops@example.com']);
    expect(await open({ to }, { consents: {} }).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'recipients_not_confirmed' });
    expect(mail.received).toHaveLength(2);
  });

  it('of whom one does not exist: the others have it, and the answer says who has not', async () => {
    mail.refuseRecipient = (address) => (address === 'boss@example.com' ? { code: 550, text: 'no such mailbox' } : undefined);
    const answer = await open({ to }, { consents }).send(aCall());
    expect(answer).toMatchObject({ outcome: 'delivered' });
    expect(Buffer.from(answer.head).toString()).toMatch(/ops@example\.com: 250[^]*boss@example\.com: 550 no such mailbox/);
    expect(gotBy()).toEqual(['Dev@example.com', 'ops@example.com']);
    mail.refuseRecipient = () => ({ code: 550, text: 'no such mailbox' });
    expect(await open({ to }, { consents }).send(aCall())).toMatchObject({ outcome: 'rejected', status: 550 });
  });

  it('of whom one is to be tried again: the others do not get it twice, from whatever process', async () => {
    const noted = new Map<string, Set<string>>();
    mail.refuseRecipient = (address) => (address === 'boss@example.com' ? { code: 450, text: 'come back later' } : undefined);
    expect(await open({ to }, { consents, noted }).send(aCall())).toMatchObject({ outcome: 'failed', status: 450 });
    mail.refuseRecipient = () => undefined;
    const more = aMessage({ id: 'msg_0000000002b', key: 'order.paid' });
    expect(await open({ to }, { consents, noted }).send(aCall({ attempt: 2, messages: [aMessage(), more] }))).toMatchObject({ outcome: 'delivered' });
    expect(gotBy()).toEqual(['Dev@example.com', 'Dev@example.com', 'boss@example.com', 'ops@example.com', 'ops@example.com']);
    const secondTo = (address: string) => mail.received.findLast(({ to: [known] }) => known === address)!.source;
    expect(secondTo('ops@example.com')).toContain('Subject: order.paid');
    expect(secondTo('boss@example.com')).toContain('Subject: 2 messages');
  });
});

describe('a mail server of the destination itself', () => {
  it('is called through the guard, with its password', async () => {
    const sender = open({ ...ownServer({ username: 'acme' }), from: 'acme@example.com' }, { secrets: { password: [new Secret('right')] }, installed: false });
    expect(await sender.send(aCall())).toMatchObject({ outcome: 'delivered' });
    expect(mail.last).toMatchObject({ from: 'acme@example.com', user: 'acme' });
  });

  it('that refuses the password is a failure that may pass', async () => {
    const sender = open(ownServer({ username: 'acme' }), { secrets: { password: [new Secret('wrong')] } });
    expect(await sender.send(aCall())).toMatchObject({ outcome: 'failed', status: 535 });
  });

  it('that offers no TLS gets nothing when TLS is required', async () => {
    const answer = await open(ownServer({ security: 'starttls' })).send(aCall());
    expect(answer).toMatchObject({ outcome: 'failed' });
    expect(mail.received).toHaveLength(0);
  });

  it('with a certificate nobody vouches for gets nothing', async () => {
    const tls = await TestMailServer.open({ secure: true });
    expect(await open(ownServer({ port: tls.port, security: 'tls' })).send(aCall())).toMatchObject({ outcome: 'failed', status: null, reason: 'tls_certificate' });
    expect(tls.received).toHaveLength(0);
    await tls.close();
  });

  it('whose name leads to a private address is never connected to', async () => {
    const guard = localGuard({ resolve: () => Promise.resolve(['10.0.0.1']) });
    expect(await open(ownServer({ host: 'smtp.attacker.example' }), { guard }).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'egress_private_address' });
    expect(mail.connections).toBe(0);
  });

  it('whose password is missing is refused', async () => {
    expect(await open(ownServer({ username: 'acme' })).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'secret_missing' });
  });
});

describe('the settings of a mail destination', () => {
  const check = (settings: Record<string, unknown>, installed = true) => {
    const kind = new MailKind(localGuard(), testMailParts(installed ? mail.port : undefined, undefined, { allow: [], deny: ['blocked.example', '*.blocked.example', 'nobody@example.com'] }));
    return kind.check(kind.settings.parse({ to: ['ops@example.com'], ...settings }));
  };

  it('need a mail server when the installation has none, and say so', async () => {
    await expect(check({}, false)).rejects.toMatchObject({ code: 'destination_unavailable', message: expect.stringContaining('SMTP_URL') });
    await expect(check({ server: { host: '127.0.0.1', username: 'acme' } }, false)).resolves.toBeUndefined();
    expect(await open({}, { installed: false }).send(aCall())).toMatchObject({ outcome: 'refused', reason: 'mail_not_configured' });
  });

  it.each([
    ['a private host', { server: { host: '10.0.0.1' } }, 'egress_refused'], ['an address in other digits', { server: { host: '0x0a000001' } }, 'egress_refused'], ['a URL as host', { server: { host: 'http://a.example/' } }, 'egress_refused'],
    ['a host with a port', { server: { host: 'a.example:25' } }, 'egress_refused'], ['a port of the web', { server: { host: '127.0.0.1', port: 80 } }, 'egress_refused'], ['a password without TLS', { server: { host: '127.0.0.1', security: 'none', username: 'a' } }, 'setting_invalid'],
    ['a server that asks nobody\'s name', { server: { host: '127.0.0.1', port: 25 } }, 'egress_refused'], ['an address of a denied domain', { to: ['a@BLOCKED.example'] }, 'setting_invalid'], ['an address below a denied domain', { to: ['ops@example.com', 'a@mail.blocked.example'] }, 'setting_invalid'],
    ['a denied address', { to: ['Nobody@example.com'] }, 'setting_invalid'], ['a sender of its own on the server of the installation', { from: 'ceo@example.com' }, 'setting_invalid'], ['an unknown placeholder', { subject: '{{secret}}' }, 'setting_invalid'],
  ])('refuse %s', async (_what, settings, code) => {
    await expect(check(settings)).rejects.toMatchObject({ code });
  });

  it.each(['a@b.example, c@d.example', 'a@b.example\r\nBcc: c@d', 'A <a@b.example>', '"a b"@c.example', 'a@[127.0.0.1]', '@b.example', 'a@', 'a b@c.example'])('refuse %j as an address', (address) => {
    const { settings } = new MailKind(localGuard(), testMailParts());
    expect(settings.safeParse({ to: [address] }).success).toBe(false);
  });
});

describe('mails of the installation', () => {
  const about = { to: 'ops@example.com', subject: 'Endpoint failing\r\nBcc: thief@example.com', text: 'Look at it.', about: 'subscription_alert' };

  it('go through its mail server', async () => {
    const { server, from } = installation();
    const mailer = openMailer(server, from, silentLogger);
    expect(await mailer.send(about)).toBe('sent');
    expect(headerOf('Subject')).toBe('Endpoint failing Bcc: thief@example.com');
    expect(mail.last.to).toEqual(['ops@example.com']);
    mailer.close();
  });

  it('reject when the server does not take one', async () => {
    const { server, from } = installation();
    const mailer = openMailer(server, from, silentLogger);
    mail.refuse = { code: 451, text: 'later' };
    await expect(mailer.send(about)).rejects.toMatchObject({ responseCode: 451 });
    mailer.close();
  });

  it('are logged, not sent, when there is none, and say so', async () => {
    const lines: [string, LogFacts | undefined][] = [];
    const mailer = openMailer(undefined, 'x', { ...silentLogger, warn: (event, facts) => void lines.push([event, facts]) });
    expect(await mailer.send(about)).toBe('not_configured');
    expect(lines).toEqual([['mail.not_configured', { about: 'subscription_alert', subject: 'Endpoint failing Bcc: thief@example.com' }]]);
  });

  it.each([
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, auth: undefined }],
    ['smtps://u%40x:p%3A@mail.example', { host: 'mail.example', port: 465, secure: true, auth: { user: 'u@x', password: expect.anything() } }],
    ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, auth: undefined }],
  ])('take their server from %s', (url, expected) => {
    expect(mailServerOf(new Secret(url))).toEqual(expected);
  });
});
