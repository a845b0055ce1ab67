import { WaybillError } from '@waybill/kernel';
import type { DestinationKind } from '../destination.js';
import type { EgressGuard } from '../egress/guard.js';
import { MailKind } from './mail/mail-kind.js';
import type { MailParts } from './mail/mail-kind.js';
import { WaybillKind } from './waybill/waybill-kind.js';
import { WebhookKind } from './webhook/webhook-kind.js';

/** What kinds of destinations are made of. */
export interface DestinationParts {
  readonly egress: EgressGuard;
  readonly mail: MailParts;
}

/** Every kind there is: adding one is a folder here and a line in this list. */
export function destinationKinds({ egress, mail }: DestinationParts): DestinationRegistry {
  return new DestinationRegistry([new WebhookKind(egress), new MailKind(egress, mail), new WaybillKind(egress)] as readonly DestinationKind[]);
}

export class DestinationRegistry {
  readonly #kinds: ReadonlyMap<string, DestinationKind>;

  constructor(kinds: readonly DestinationKind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  all(): readonly DestinationKind[] {
    return [...this.#kinds.values()];
  }

  /** Fails with `destination_kind_unknown`. */
  find(kind: string): DestinationKind {
    const found = this.#kinds.get(kind);
    if (found === undefined) throw new WaybillError('destination_kind_unknown');
    return found;
  }

  /** A kind that can be used here. Fails with `destination_kind_unknown`, or `destination_unavailable` with the reason. */
  usable(kind: string): DestinationKind {
    const found = this.find(kind);
    const reason = found.unavailable();
    if (reason !== null) throw new WaybillError('destination_unavailable', { reason });
    return found;
  }
}
