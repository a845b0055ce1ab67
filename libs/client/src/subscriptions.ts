import type {
  Attempt, Body, DestinationKind, EndpointHealth, putSubscription, Reply, resendAttempt, resendFailed, ShownSecret, Subscription as SubscriptionView, SubscriptionSecret, TestResult,
} from '@waybill/contracts';
import { everyItem } from './pages.js';
import { segment } from './transport.js';
import type { Transport } from './transport.js';

export type SubscriptionSettings = Body<typeof putSubscription>;
export type PutSubscription = Reply<typeof putSubscription>;
export type ResendStarted = Exclude<Reply<typeof resendFailed>, { dryRun: true }>;
export type FailedCount = Extract<Reply<typeof resendFailed>, { dryRun: true }>;

export interface AttemptQuery {
  readonly subscription?: string;
  /** Id of the message. */
  readonly message?: string;
  readonly outcome?: Attempt['outcome'];
  readonly status?: number;
  /** RFC 3339; `to` is the moment after. */
  readonly from?: string;
  readonly to?: string;
}

/** Subscriptions of a namespace, through the control plane. Needs a key with the scope `manage`. */
export class Subscriptions {
  private readonly base: string;

  constructor(private readonly transport: Transport, namespace: string) {
    this.base = `/api/v1/namespaces/${segment(namespace)}`;
  }

  /** Kinds of destination, with the JSON Schema of their settings. */
  async kinds(): Promise<DestinationKind[]> {
    return (await this.transport.get<{ items: DestinationKind[] }>(`${this.base}/destination-kinds`)).items;
  }

  list(of: { readonly queue?: string; readonly customer?: string; readonly state?: SubscriptionView['state'] } = {}): AsyncGenerator<SubscriptionView, void, undefined> {
    return everyItem((after) => this.transport.get(`${this.base}/subscriptions`, { ...of, limit: 1000, after }));
  }

  get(name: string): Promise<SubscriptionView> {
    return this.transport.get(this.of(name));
  }

  /**
   * Creates it or gives it these settings; those left out are as usual. Secrets that were made are in the answer to the
   * call that made them: when that answer was lost, add another one.
   */
  put(name: string, settings: SubscriptionSettings): Promise<PutSubscription> {
    return this.transport.send('PUT', this.of(name), settings, { repeat: 'always' });
  }

  /** The queue keeps its messages. */
  delete(name: string): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: this.of(name), repeat: 'if-not-done' });
  }

  pause(name: string): Promise<SubscriptionView> {
    return this.act(name, 'pause');
  }

  resume(name: string): Promise<SubscriptionView> {
    return this.act(name, 'resume');
  }

  /** Goes on with one that was disabled; the backlog is delivered. */
  enable(name: string): Promise<SubscriptionView> {
    return this.act(name, 'enable');
  }

  /** Sends a test event now and answers what came back. */
  test(name: string): Promise<TestResult> {
    return this.transport.send('POST', `${this.of(name)}/test`, {}, { repeat: 'if-not-done' });
  }

  /** Sends a recipient of mails the mail that asks for confirmation again. */
  askRecipient(name: string, address: string): Promise<SubscriptionView> {
    return this.transport.send('POST', `${this.of(name)}/recipients/ask`, { address }, { repeat: 'if-not-done' });
  }

  health(name: string, hours = 24): Promise<EndpointHealth> {
    return this.transport.get(`${this.of(name)}/health`, { hours });
  }

  /** Live ones without their values. */
  async secrets(name: string): Promise<SubscriptionSecret[]> {
    return (await this.transport.get<{ items: SubscriptionSecret[] }>(`${this.of(name)}/secrets`)).items;
  }

  /** Adds a secret, made by the destination's kind unless `value` says it; older ones of its name stay live for `graceSeconds`. */
  addSecret(name: string, secret: { readonly name: string; readonly value?: string; readonly graceSeconds?: number | null }): Promise<ShownSecret> {
    return this.transport.send('POST', `${this.of(name)}/secrets`, secret, { repeat: 'if-not-done' });
  }

  revokeSecret(name: string, secretId: string): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: `${this.of(name)}/secrets/${segment(secretId)}`, repeat: 'if-not-done' });
  }

  /** Newest first. */
  attempts(query: AttemptQuery = {}): AsyncGenerator<Attempt, void, undefined> {
    return everyItem((after) => this.transport.get(`${this.base}/attempts`, { ...query, limit: 200, after }));
  }

  /** Sends the message of an attempt again, under the same id; repeating it is harmless. */
  resend(attemptId: string): Promise<Reply<typeof resendAttempt>> {
    return this.transport.send('POST', `${this.base}/attempts/${segment(attemptId)}/resend`, {}, { repeat: 'always' });
  }

  /** Sends everything again that failed since a moment (RFC 3339): retries now, dead letters by the task. */
  resendFailed(name: string, settings: Omit<Body<typeof resendFailed>, 'dryRun'>): Promise<ResendStarted> {
    return this.transport.send('POST', `${this.of(name)}/resend`, settings, { repeat: 'if-not-done' });
  }

  /** How many that would be; changes nothing. */
  countFailed(name: string, since: string): Promise<FailedCount> {
    return this.transport.send('POST', `${this.of(name)}/resend`, { since, dryRun: true }, { repeat: 'always' });
  }

  private of(name: string): string {
    return `${this.base}/subscriptions/${segment(name)}`;
  }

  private act(name: string, action: 'pause' | 'resume' | 'enable'): Promise<SubscriptionView> {
    return this.transport.send('POST', `${this.of(name)}/${action}`, {}, { repeat: 'always' });
  }
}
