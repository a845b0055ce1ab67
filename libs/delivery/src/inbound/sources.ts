import { newId, Secret, WaybillError } from '@waybill/kernel';
import type { Caller, Clock } from '@waybill/kernel';
import { newSigningSecret } from '../signing/signing-key.js';
import { cursorOf, readCursor } from '../subscriptions/page-token.js';
import type { SecretSealer } from '../subscriptions/subscription-secrets.js';
import { keyTemplate } from './key-template.js';
import type { SourcePublisher } from './source-publisher.js';
import { sourceLimits, sourceSecretName } from './source.js';
import type { SealedSourceSecret, SourceScheme } from './source.js';
import type { SourceRow, SourceSettings, SourceStore } from './source.store.js';
import { verifierOf } from './verification.js';

export interface SourceSecretView {
  readonly id: string;
  readonly createdAt: string;
  readonly liveUntil: string | null;
}
export type ShownSourceSecret = SourceSecretView & { readonly value: string };

export interface SourceView extends Omit<SourceSettings, 'keepHeaders'> {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly keepHeaders: string[];
  readonly secrets: SourceSecretView[];
  readonly createdAt: string;
  readonly changedAt: string;
}

interface Scoped {
  readonly tenantId: string;
  readonly namespaceId: string;
}

/** Sources of a namespace. Every method fails with `namespace_not_found` for a namespace that is not the caller's. */
export class Sources {
  constructor(
    private readonly store: SourceStore,
    private readonly publisher: SourcePublisher,
    private readonly box: SecretSealer,
    private readonly clock: Clock,
    /** Where providers reach the gateway. */
    private readonly gatewayUrl: string,
  ) {}

  async list(caller: Caller, namespaceId: string, { limit, after }: { limit: number; after?: string | undefined }): Promise<{ items: SourceView[]; next: string | null }> {
    const rows = await this.store.list(caller, namespaceId, readCursor(after), limit);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items: items.map((row) => this.#view(row)), next: rows.length > limit && last ? cursorOf(last.name) : null };
  }

  /** Fails with `source_not_found`. */
  async get(caller: Caller, namespaceId: string, name: string): Promise<SourceView> {
    return this.#view(await this.store.get(caller, namespaceId, name));
  }

  /**
   * Creates a source or replaces its settings. `secret` is the one that was made for a new source. Fails with
   * `setting_invalid`, `exchange_not_found`, `limit_reached`, `topology_not_published`.
   */
  async put(caller: Caller, namespaceId: string, name: string, { secret, ...settings }: SourceSettings & { readonly secret?: string | undefined }): Promise<{ created: boolean; source: SourceView; secret: ShownSourceSecret | null }> {
    keyTemplate(settings.key);
    const now = new Date(this.clock.nowMs());
    let shown: ShownSourceSecret | null = null;
    const { created, row } = await this.store.change(caller, namespaceId, name, now, (existing) => {
      if (existing !== undefined) {
        if (secret !== undefined) throw new WaybillError('setting_invalid', { setting: 'secret', reason: 'the source exists; its secrets change by their own calls' });
        this.#requireSuitable(settings.scheme, existing.secrets, existing);
        return { id: existing.id, settings };
      }
      const id = newId('source', now.getTime());
      const made = this.#made(settings.scheme, secret, { tenantId: caller.tenantId, namespaceId, id });
      if (secret === undefined) shown = { ...secretView(made.sealed), value: made.value };
      return { id, settings, secrets: [made.sealed] };
    });
    await this.publisher.publish(row);
    return { created, source: this.#view(row), secret: shown };
  }

  /** Fails with `source_not_found`, and `topology_not_published` while gateways still take its calls. */
  async delete(caller: Caller, namespaceId: string, name: string): Promise<void> {
    const { row } = await this.store.change(caller, namespaceId, name, new Date(this.clock.nowMs()), (existing) => ({ id: required(existing).id, deleted: true }));
    await this.publisher.publish(row);
  }

  /** Fails with `source_not_found`, `setting_invalid`, `limit_reached`, `topology_not_published`. */
  async addSecret(caller: Caller, namespaceId: string, name: string, { value, graceSeconds }: { value?: string | undefined; graceSeconds: number }): Promise<ShownSourceSecret> {
    const nowMs = this.clock.nowMs();
    let shown: ShownSourceSecret | undefined;
    const { row } = await this.store.change(caller, namespaceId, name, new Date(nowMs), (existing) => {
      const source = required(existing);
      const live = liveSecrets(source.secrets, nowMs);
      if (live.length >= sourceLimits.liveSecrets) throw new WaybillError('limit_reached', { resource: 'live secrets', limit: sourceLimits.liveSecrets });
      const made = this.#made(source.scheme, value, source);
      shown = { ...secretView(made.sealed), value: made.value };
      const endMs = nowMs + graceSeconds * 1000;
      const older = live.map((secret) => ({ ...secret, liveUntilMs: Math.min(secret.liveUntilMs ?? endMs, endMs) })).filter(({ liveUntilMs }) => liveUntilMs > nowMs);
      return { id: source.id, secrets: [made.sealed, ...older] };
    });
    await this.publisher.publish(row);
    return shown as unknown as ShownSourceSecret;
  }

  /** Fails with `source_not_found`, `secret_not_found`, `secret_last`, `topology_not_published`. */
  async revokeSecret(caller: Caller, namespaceId: string, name: string, secretId: string): Promise<void> {
    const nowMs = this.clock.nowMs();
    const { row } = await this.store.change(caller, namespaceId, name, new Date(nowMs), (existing) => {
      const source = required(existing);
      const live = liveSecrets(source.secrets, nowMs);
      const left = live.filter(({ id }) => id !== secretId);
      if (left.length === live.length) throw new WaybillError('secret_not_found');
      if (left.length === 0) throw new WaybillError('secret_last', { name: sourceSecretName });
      return { id: source.id, secrets: left };
    });
    await this.publisher.publish(row);
  }

  /** A given secret is checked against the scheme; only Standard Webhooks has a form of its own, so only there one is made. */
  #made(scheme: SourceScheme, given: string | undefined, { tenantId, namespaceId, id }: Scoped & { readonly id: string }): { sealed: SealedSourceSecret; value: string } {
    if (given === undefined && scheme.kind !== 'standard') throw new WaybillError('setting_invalid', { setting: 'secret', reason: 'give the one that the provider signs with' });
    const value = given ?? newSigningSecret();
    const secret = new Secret(value);
    verifierOf(scheme, [secret]);
    const nowMs = this.clock.nowMs();
    const sealed = this.box.seal(secret, { tenantId, namespaceId, subject: id, name: sourceSecretName });
    return { value, sealed: { id: newId('secret', nowMs), sealed, createdAtMs: nowMs, liveUntilMs: null } };
  }

  /** Secrets stay when the scheme changes, if the new one can use them. Fails with `setting_invalid`. */
  #requireSuitable(scheme: SourceScheme, secrets: readonly SealedSourceSecret[], { tenantId, namespaceId, id }: Scoped & { readonly id: string }): void {
    verifierOf(scheme, secrets.map(({ sealed }) => this.box.open(sealed, { tenantId, namespaceId, subject: id, name: sourceSecretName })));
  }

  #view({ id, name, description, exchange, key, scheme, keepHeaders, paused, secrets, createdAt, changedAt }: SourceRow): SourceView {
    return {
      id, name, description, exchange, key, scheme, paused, keepHeaders: [...keepHeaders], url: `${this.gatewayUrl}/v1/in/${id}`,
      secrets: liveSecrets(secrets, this.clock.nowMs()).map(secretView), createdAt: createdAt.toISOString(), changedAt: changedAt.toISOString(),
    };
  }
}

function required(existing: SourceRow | undefined): SourceRow {
  if (existing === undefined) throw new WaybillError('source_not_found');
  return existing;
}

function liveSecrets(secrets: readonly SealedSourceSecret[], nowMs: number): SealedSourceSecret[] {
  return secrets.filter(({ liveUntilMs }) => liveUntilMs === null || liveUntilMs > nowMs);
}

function secretView({ id, createdAtMs, liveUntilMs }: SealedSourceSecret): SourceSecretView {
  return { id, createdAt: new Date(createdAtMs).toISOString(), liveUntil: liveUntilMs === null ? null : new Date(liveUntilMs).toISOString() };
}
