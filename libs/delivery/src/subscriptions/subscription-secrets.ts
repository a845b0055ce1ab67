import type { Caller, Clock, NamespaceId, TenantId } from '@waybill/kernel';
import { newId, Secret, WaybillError } from '@waybill/kernel';
import type { DestinationKind, DestinationOwner, Secrets } from '../destination.js';
import { limits } from './definitions.js';
import type { SecretInput, SecretView, Settings, ShownSecret, SubscriptionRef } from './definitions.js';
import { requireStorable } from './destination-settings.js';
import type { DestinationKinds } from './destination-settings.js';
import type { SecretPlan, SecretRow, SecretStore } from './secret.store.js';
import type { SubscriptionNudges } from './subscription-feed.js';
import type { SubscriptionFacts } from './subscription-row.js';

/** Where a secret belongs: it opens nowhere else. */
interface SecretPlace {
  readonly tenantId: string;
  readonly namespaceId: string;
  readonly subject: string;
  readonly name: string;
}

/** The box that seals and opens secrets (secrets/secret-box.ts). */
export interface SecretSealer {
  seal(secret: Secret, place: SecretPlace): string;
  open(sealed: string, place: SecretPlace): Secret;
}

/** Whose secret it is, for its seal. */
interface Owner {
  readonly tenantId: TenantId;
  readonly namespaceId: string;
  readonly subscriptionId: string;
}

/**
 * Secrets of subscriptions. Values lie sealed, are opened where they are used, and are shown once: when they are made.
 * Every method fails with `namespace_not_found` and `subscription_not_found`.
 */
export class SubscriptionSecrets {
  constructor(
    private readonly store: SecretStore,
    private readonly kinds: DestinationKinds,
    private readonly box: SecretSealer,
    private readonly nudges: SubscriptionNudges,
    private readonly clock: Clock,
  ) {}

  /** Live ones, newest first. */
  async list(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<SecretView[]> {
    return (await this.store.live(caller, namespaceId, ref, this.#now())).secrets.map(secretView);
  }

  /**
   * Adds a secret and lets the older ones of its name run out. Fails with `setting_invalid` for a name the kind does not
   * take or cannot make, `limit_reached`, `destination_kind_unknown`, `destination_unavailable`, `text_invalid`, and
   * what the kind refuses.
   */
  async add(caller: Caller, namespaceId: string, ref: SubscriptionRef, { name, value, graceSeconds }: SecretInput): Promise<ShownSecret> {
    const now = this.#now();
    let shown: ShownSecret | undefined;
    await this.store.change(caller, namespaceId, ref, now, (subscription, live) => {
      const older = live.filter((secret) => secret.name === name);
      if (older.length >= limits.liveSecretsPerName) throw new WaybillError('limit_reached', { resource: `live secrets "${name}"`, limit: limits.liveSecretsPerName });
      shown = this.#make(this.kinds.usable(subscription.kind), subscription.settings, name, value, now);
      const until = graceSeconds === null ? null : new Date(now.getTime() + graceSeconds * 1_000);
      const end = until === null ? [] : older.filter(({ liveUntil }) => liveUntil === null || liveUntil > until).map(({ id }) => ({ id, at: until }));
      return { add: [this.#rowOf(caller, namespaceId, subscription.id, shown)], end };
    });
    await this.nudges.nudge();
    return shown!;
  }

  /** Ends a secret at once. Fails with `secret_not_found`, and `secret_last` for the last one of a name the kind always needs. */
  async revoke(caller: Caller, namespaceId: string, ref: SubscriptionRef, secretId: string): Promise<void> {
    const now = this.#now();
    await this.store.change(caller, namespaceId, ref, now, (subscription, live) => {
      const secret = requireSecret(live, secretId);
      const needed = this.kinds.find(subscription.kind).secrets.some(({ name, generate }) => name === secret.name && generate !== undefined);
      if (needed && live.filter(({ name }) => name === secret.name).length === 1) throw new WaybillError('secret_last', { name: secret.name });
      return { add: [], end: [{ id: secretId, at: now }] };
    });
    await this.nudges.nudge();
  }

  /** Shows a live secret that was made by us. Fails with `secret_not_found`, also for one that was given. */
  async reveal(caller: Caller, namespaceId: string, ref: SubscriptionRef, secretId: string): Promise<ShownSecret> {
    const { subscription, secrets } = await this.store.live(caller, namespaceId, ref, this.#now());
    const secret = requireSecret(secrets.filter(({ generated }) => generated), secretId);
    const opened = this.#open({ tenantId: caller.tenantId, namespaceId, subscriptionId: subscription.id }, secret);
    const taken = this.kinds.find(subscription.kind).secrets.find(({ name }) => name === secret.name);
    return { ...secretView(secret), value: opened.reveal(), publicKey: taken?.publicPart?.(opened) ?? null };
  }

  /** All live ones, opened, for a call that is made now. */
  async opened(caller: Caller, namespaceId: string, ref: SubscriptionRef): Promise<{ subscription: SubscriptionFacts; owner: DestinationOwner; secrets: Secrets }> {
    const { subscription, consents, secrets } = await this.store.live(caller, namespaceId, ref, this.#now());
    const { tenantId } = caller;
    // The store has found the namespace, so the text is its id.
    const owner = { tenantId, namespaceId: namespaceId as NamespaceId, id: subscription.id, consents };
    return { subscription, owner, secrets: this.openAll({ tenantId, namespaceId, subscriptionId: subscription.id }, secrets) };
  }

  openAll(owner: Owner, rows: readonly SecretRow[]): Secrets {
    const opened: Record<string, Secret[]> = {};
    for (const row of rows) (opened[row.name] ??= []).push(this.#open(owner, row));
    return opened;
  }

  /**
   * What a PUT does: a given value that differs from the newest one of its name replaces it at once; what the kind always
   * needs and nobody gave is made. `shown` has what was made.
   */
  plan(
    caller: Caller, namespaceId: string, subscriptionId: string, { kind, settings, given }: { kind: DestinationKind; settings: Settings; given: Readonly<Record<string, string>> }, live: readonly SecretRow[],
  ): { plan: SecretPlan; shown: ShownSecret[] } {
    const owner: Owner = { tenantId: caller.tenantId, namespaceId, subscriptionId };
    const now = this.#now();
    const made: ShownSecret[] = [];
    const end: { id: string; at: Date }[] = [];
    for (const [name, value] of Object.entries(given)) {
      const older = live.filter((secret) => secret.name === name);
      if (older[0] !== undefined && this.#open(owner, older[0]).reveal() === value) continue;
      made.push(this.#make(kind, settings, name, value, now));
      end.push(...older.map(({ id }) => ({ id, at: now })));
    }
    const missing = kind.secrets.filter(({ name, generate }) => generate !== undefined && given[name] === undefined && !live.some((secret) => secret.name === name));
    for (const { name } of missing) made.push(this.#make(kind, settings, name, undefined, now));
    return { plan: { add: made.map((secret) => this.#rowOf(caller, namespaceId, subscriptionId, secret)), end }, shown: made.filter(({ generated }) => generated) };
  }

  #make(kind: DestinationKind, settings: Settings, name: string, value: string | undefined, now: Date): ShownSecret {
    const taken = kind.secrets.find((secret) => secret.name === name);
    if (taken === undefined) throw settingInvalid(`secrets.${name}`, `a ${kind.kind} takes ${kind.secrets.map((secret) => secret.name).join(', ') || 'no secrets'}`);
    if (value !== undefined) {
      requireStorable(`secrets.${name}`, value);
      taken.check?.(new Secret(value));
    }
    const given = value ?? taken.generate?.(settings);
    if (given === undefined) throw settingInvalid(`secrets.${name}`, 'it cannot be made here, give its value');
    return { id: newId('secret'), name, generated: value === undefined, liveFrom: now.toISOString(), liveUntil: null, value: given, publicKey: taken.publicPart?.(new Secret(given)) ?? null };
  }

  #rowOf(caller: Caller, namespaceId: string, subscriptionId: string, { id, name, generated, liveFrom, value }: ShownSecret): SecretRow {
    const sealed = this.box.seal(new Secret(value), { tenantId: caller.tenantId, namespaceId, subject: subscriptionId, name });
    return { id, name, generated, sealed, liveFrom: new Date(liveFrom), liveUntil: null };
  }

  #open({ tenantId, namespaceId, subscriptionId }: Owner, { name, sealed }: SecretRow): Secret {
    return this.box.open(sealed, { tenantId, namespaceId, subject: subscriptionId, name });
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }
}

function requireSecret(live: readonly SecretRow[], id: string): SecretRow {
  const found = live.find((secret) => secret.id === id);
  if (found === undefined) throw new WaybillError('secret_not_found');
  return found;
}

function secretView({ id, name, generated, liveFrom, liveUntil }: SecretRow): SecretView {
  return { id, name, generated, liveFrom: liveFrom.toISOString(), liveUntil: liveUntil?.toISOString() ?? null };
}

function settingInvalid(setting: string, reason: string): WaybillError {
  return new WaybillError('setting_invalid', { setting, reason }, { issues: [{ path: setting, message: reason }] });
}
