import type { NamespaceId, Secret, TenantId } from '@waybill/kernel';
import type { z } from 'zod';
import type { Consents, Recipient } from './recipients/recipient.js';

/** A message on its way out. */
export interface OutgoingMessage {
  /** The same at every attempt. */
  readonly id: string;
  readonly key: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly exchange: string | undefined;
  readonly group: string | undefined;
  readonly correlationId: string | undefined;
  readonly traceparent: string | undefined;
  readonly publishedAtMs: number;
  readonly body: Uint8Array;
}

export interface Call {
  /** One, or several when the subscription batches. */
  readonly messages: readonly OutgoingMessage[];
  /** 1 for the first. */
  readonly attempt: number;
  /** The moment of the attempt, for its timestamp and signature. */
  readonly nowMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Bytes of an answer that are kept. */
export const answerHeadBytes = 4_096;

/**
 * What came of a call.
 * `delivered`: done. `failed`: try again by the schedule. `slow_down`: the same, and the destination asks for fewer calls.
 * `rejected`: it will never take this message. `gone`: it wants no message any more. `refused`: we did not call it, see `reason`.
 */
export type Outcome = 'delivered' | 'failed' | 'slow_down' | 'rejected' | 'gone' | 'refused';

export interface Answer {
  readonly outcome: Outcome;
  /** HTTP or SMTP status; null when none came. */
  readonly status: number | null;
  /** Stable word for a failure without a status, `timeout`, `connection_refused`, `egress_private_address`, …; null otherwise. */
  readonly reason: string | null;
  /** At most `answerHeadBytes` of the answer. */
  readonly head: Uint8Array;
  /** What the destination calls this request, where it says so. */
  readonly requestId: string | null;
  /** Not before so long; null when it does not say. */
  readonly retryAfterMs: number | null;
}

/** An open destination; calls may overlap. `send` resolves with an answer whatever happens: it never throws. */
export interface Sender {
  send(call: Call): Promise<Answer>;
  close(): Promise<void>;
}

/** Secrets of one destination by name, newest first: several are live while they rotate. */
export type Secrets = Readonly<Record<string, readonly Secret[]>>;

/** A secret that a kind takes. */
export interface KindSecret<Settings> {
  readonly name: string;
  readonly description: string;
  /** Makes one when none is given: the kind always needs it. */
  readonly generate?: (settings: Settings) => string;
  /** Refuses a value that could never work. Throws WaybillError. */
  readonly check?: (secret: Secret) => unknown;
  /** What the other side needs of it, where that is not the secret itself. */
  readonly publicPart?: (secret: Secret) => string | undefined;
}

/** Whose destination is opened. */
export interface DestinationOwner {
  readonly tenantId: TenantId;
  readonly namespaceId: NamespaceId;
  readonly id: string;
  /** What its recipients said. */
  readonly consents: Consents;
}

/**
 * The port: one kind of destination. Adding a kind is a folder in `destinations/` and a line in the registry.
 */
export interface DestinationKind<Settings extends Readonly<Record<string, unknown>> = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly title: string;
  /** Settings as people write them; strict, with a description for each field: forms and documents are made from it. */
  readonly settings: z.ZodType<Settings>;
  readonly secrets: readonly KindSecret<Settings>[];
  /** Why this kind cannot be used here, e.g. no mail server is configured; null when it can. */
  unavailable(): string | null;
  /** Refuses settings that could never work: a private address, an unknown template field. Throws WaybillError. */
  check(settings: Settings): Promise<void>;
  /** People it sends to, who have to agree first. Absent: it sends to no people. */
  recipients?(settings: Settings): readonly Recipient[];
  open(settings: Settings, secrets: Secrets, owner: DestinationOwner): Sender;
}
