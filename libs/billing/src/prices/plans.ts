import { WaybillError } from '@waybill/kernel';
import { freeQuotas } from './catalogue.js';

/** What a customer chooses. A plan is a price book by name, with walls and extras around it. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  /** Name of the price book; the newest published version is pinned when the plan begins. */
  readonly priceBook: string;
  /** Taken by oneself, or made by contract. */
  readonly selfService: boolean;
  readonly needsPaymentMethod: boolean;
  /** Units a period has; publishing is refused after the last one. Null: no quota. */
  readonly quotas: ReadonlyMap<string, bigint> | null;
  /** Spend cap a tenant starts with, minor units; null: none. */
  readonly defaultCapCents: bigint | null;
  /** Null: no limit. */
  readonly namespaces: number | null;
  readonly features: readonly string[];
}

const flatQuotas = new Map([['mq_messages', 30_000_000n], ['mq_kib_in', 62_914_560n], ['mq_kib_out', 62_914_560n]]);
const paid = { selfService: true, needsPaymentMethod: true, quotas: null, defaultCapCents: 5_000n, namespaces: null, features: [] as string[] };

export const plans: readonly Plan[] = [
  { ...paid, name: 'free', title: 'Free', priceBook: 'list', needsPaymentMethod: false, quotas: freeQuotas, defaultCapCents: null, namespaces: 2 },
  { ...paid, name: 'payg', title: 'Pay-as-you-go', priceBook: 'list' },
  { ...paid, name: 'team', title: 'Team', priceBook: 'team', namespaces: 5, defaultCapCents: 50_000n, features: ['sso'] },
  { ...paid, name: 'business', title: 'Business', priceBook: 'business', defaultCapCents: 500_000n, features: ['sso', 'scim', 'audit_export', 'sla_99_95'] },
  { ...paid, name: 'simple', title: 'Simple', priceBook: 'simple' },
  { ...paid, name: 'metered', title: 'Metered', priceBook: 'metered' },
  { ...paid, name: 'routed', title: 'Routed', priceBook: 'routed' },
  { ...paid, name: 'flat', title: 'Flat', priceBook: 'flat', quotas: flatQuotas, defaultCapCents: null },
  { ...paid, name: 'committed', title: 'Committed', priceBook: 'committed', selfService: false, needsPaymentMethod: false, defaultCapCents: null },
  { ...paid, name: 'enterprise', title: 'Enterprise', priceBook: 'committed', selfService: false, needsPaymentMethod: false, defaultCapCents: null, features: ['sso', 'scim', 'audit_export', 'sla_99_95', 'purchase_order'] },
];

/** Fails with `plan_not_found`. */
export function planOf(name: string): Plan {
  const plan = plans.find((each) => each.name === name);
  if (plan === undefined) throw new WaybillError('plan_not_found');
  return plan;
}
