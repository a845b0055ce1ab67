import type { Page } from 'playwright-core';
import type { Stack } from '../../../scripts/local/stack.mjs';
import { openBrowser } from './browser.js';
import type { Window } from './browser.js';
import { Application, Customer } from './customer.js';
import { gatewayUrl, startInstallation } from './installation.js';
import { Receiver } from './receiver.js';

/** A person at the screens of an installation of their own, with an application and a receiver of webhooks beside them. */
export class ConsoleVisit {
  private constructor(
    readonly stack: Stack,
    readonly browser: Window,
    readonly customer: Customer,
    readonly app: Application,
    readonly receiver: Receiver,
  ) {}

  /** Signed up; the browser is not signed in yet. */
  static async start(settings: Record<string, string> = {}): Promise<ConsoleVisit> {
    const receiver = await Receiver.start();
    const stack = await startInstallation({ settings: { EGRESS_ALLOW: '127.0.0.0/8', EGRESS_PORTS: '1-65535', ...settings } });
    const customer = await Customer.signUp(stack.controlPlane.url);
    const app = new Application(gatewayUrl(stack), (await customer.key()).secret);
    return new ConsoleVisit(stack, await openBrowser(), customer, app, receiver);
  }

  /** As a person types it: the console calls by the name that the gateway lets in too. */
  get home(): string {
    return this.stack.controlPlane.url.replace('127.0.0.1', 'localhost');
  }

  get page(): Page {
    return this.browser.page;
  }

  async signIn(): Promise<void> {
    await this.browser.context.addCookies(this.customer.cookie.split('; ').map((pair) => ({ url: this.home, name: pair.split('=')[0]!, value: pair.slice(pair.indexOf('=') + 1) })));
  }

  button(name: string | RegExp, within: Pick<Page, 'getByRole'> = this.page) {
    return within.getByRole('button', { name, exact: typeof name === 'string' });
  }

  dialog() {
    return this.page.getByRole('dialog');
  }

  section(name: string) {
    return this.page.getByRole('region', { name, exact: true });
  }

  attempts() {
    return this.section('Attempts').getByRole('table', { name: 'Attempts' });
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { name, level: 1 }).waitFor();
  }

  /** By the navigation at the side. */
  async visit(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  }

  /** By its address, below the namespace. */
  async open(path: string): Promise<void> {
    await this.page.goto(`${this.home}/namespaces/${this.customer.namespaceId}/${path}`);
  }

  /** @param within the dialog, where the page behind it has a field of the same name */
  async choose(label: string | RegExp, option: string, within: Pick<Page, 'getByRole'> = this.page): Promise<void> {
    await within.getByRole('combobox', { name: label }).or(within.getByRole('textbox', { name: label })).first().click();
    await this.page.getByRole('option', { name: option, exact: true }).click();
  }

  async leave(): Promise<void> {
    await this.browser.close();
    await this.stack.stop();
    await this.receiver.stop();
  }
}
