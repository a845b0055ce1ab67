import { hostname } from 'node:os';
import { WaybillClient } from '@waybill/client';
import type { Context, AddCommands } from '../context.js';
import { SignIn } from '../sign-in.js';
import { UsageError } from '../failure.js';

interface LoginOptions {
  readonly profile?: string;
  readonly url?: string;
  readonly key?: string;
  readonly controlUrl?: string;
  readonly namespace?: string;
  readonly email?: string;
}

/** login, logout, profiles. */
export const loginCommands: AddCommands = (program, run) => {
  program
    .command('login')
    .description('keep address and key in a profile: either --url and --key, or --control-url and your sign-in')
    .option('--email <address>', 'sign in as this person')
    .action(run(async (context, _own: LoginOptions, command: { optsWithGlobals(): LoginOptions }) => login(context, command.optsWithGlobals())));
  program
    .command('logout')
    .description('forget a profile; its key stays valid until it is revoked')
    .action(
      run(async (context, _own: unknown, command: { optsWithGlobals(): LoginOptions }) => {
        const name = command.optsWithGlobals().profile ?? context.profiles.all().find(({ current }) => current)?.name ?? 'default';
        if (!context.profiles.remove(name)) throw new UsageError(`There is no profile "${name}".`);
        context.out.show({ removed: name }, `Forgot the profile "${name}". Revoke its key in the console if nobody needs it.`);
      }),
    );
  program
    .command('profiles')
    .description('list the profiles; * is the one that is used')
    .action(
      run(async (context) => {
        const shown = context.profiles.all().map(({ name, current, profile: { key, ...rest } }) => ({ name, current, ...rest, key: `${key.slice(0, 22)}…` }));
        await context.out.list(shown, { '': ({ current }) => (current ? '*' : ' '), profile: ({ name }) => name, url: ({ url }) => url, namespace: ({ namespace }) => namespace, key: ({ key }) => key }, 'No profiles yet: run waybill login.');
      }),
    );
};

async function login(context: Context, options: LoginOptions): Promise<void> {
  const { terminal, environment } = context.surroundings;
  const name = options.profile ?? environment.profile ?? 'default';
  const controlUrl = options.controlUrl ?? environment.controlUrl;
  const key = options.key ?? environment.key;
  const url = options.url ?? environment.url;
  if (key === undefined && controlUrl !== undefined) {
    const session = new SignIn(controlUrl);
    const email = options.email ?? (await needed(terminal.ask('E-mail address: '), 'the e-mail address (--email)'));
    const password = await needed(terminal.ask('Password: ', true), 'the password, typed');
    await session.open(email, password);
    const namespace = session.choose(options.namespace ?? environment.namespace);
    const made = await session.makeKey(namespace, `cli-${hostname()}-${Date.now().toString(36)}`.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 120));
    await session.close();
    context.profiles.save(name, { url: made.gatewayUrl, key: made.secret, controlUrl, namespace });
    context.out.show({ profile: name, url: made.gatewayUrl, controlUrl, namespace }, `Logged in. The profile "${name}" has a new key of ${namespace}.`);
    return;
  }
  const givenUrl = url ?? (await needed(terminal.ask('Address of the gateway: '), 'the address of the gateway (--url)'));
  const givenKey = key ?? (await needed(terminal.ask('API key: ', true), 'the key (--key)'));
  const namespace = options.namespace ?? environment.namespace;
  const profile = { url: givenUrl, key: givenKey, ...(controlUrl === undefined ? {} : { controlUrl }), ...(namespace === undefined ? {} : { namespace }) };
  await tryOut(profile);
  context.profiles.save(name, profile);
  context.out.show({ profile: name, url: givenUrl, ...(controlUrl === undefined ? {} : { controlUrl }), ...(namespace === undefined ? {} : { namespace }) }, `Logged in. The profile "${name}" is kept in ${environment.profileFile}.`);
}

/** A key that may only publish is as good as another: what it must not be is wrong. */
async function tryOut({ url, key }: { url: string; key: string }): Promise<void> {
  const figures = new WaybillClient({ url, key, retry: { deadlineMs: 10_000 } }).queueFigures();
  await figures.next().catch((error: { code?: string }) => {
    if (error.code !== 'permission_missing') throw error;
  });
}

async function needed(answer: Promise<string | undefined>, what: string): Promise<string> {
  const text = await answer;
  if (text === undefined || text === '') throw new UsageError(`Missing: ${what}.`);
  return text;
}
