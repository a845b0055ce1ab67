import type { EndpointHealth, Subscription } from '@waybill/contracts';
import { percent } from '../words/figures.js';

type State = Pick<Subscription, 'state' | 'disabledReason' | 'failingSince' | 'held'>;
export interface Tone {
  readonly label: string;
  readonly color: string;
}

/** State for a badge. One that is failing now is active all the same, and says so. */
export function stateTone({ state, failingSince, held }: Omit<State, 'disabledReason'>): Tone {
  if (state === 'disabled') return { label: 'Disabled', color: 'red' };
  if (state === 'paused') return { label: 'Paused', color: 'gray' };
  if (held) return { label: 'Waiting', color: 'yellow' };
  return failingSince === null ? { label: 'Active', color: 'petrol' } : { label: 'Failing', color: 'yellow' };
}

/** Why it was disabled, and what to do. */
export function disabledWords(reason: Subscription['disabledReason']): string {
  if (reason === 'gone') return 'The destination answered 410 Gone: it wants no message any more.';
  return 'The destination failed without a single success for as long as its settings allow.';
}

/** How good a share of delivered attempts is, for a colour beside the figure that says it. */
export function rateTone(successRate: number | null): 'good' | 'fair' | 'bad' | 'none' {
  if (successRate === null) return 'none';
  return successRate >= 0.99 ? 'good' : successRate >= 0.9 ? 'fair' : 'bad';
}

export const rateWords = ({ successRate }: Pick<EndpointHealth, 'successRate'>): string => (successRate === null ? '–' : percent(successRate));
