import type { Task } from '@waybill/contracts';

/** A queue, or an exchange. */
export type Target = NonNullable<Task['to']>;

/** A target as the value of a choice: a name has no colon. */
export function choiceOf(target: Target): string {
  return 'queue' in target ? `queue:${target.queue}` : `exchange:${target.exchange}`;
}

/** The other way; null while nothing is chosen. */
export function targetOf(choice: string): Target | null {
  const [kind, name = ''] = choice.split(':');
  if (name === '') return null;
  return kind === 'queue' ? { queue: name } : { exchange: name };
}
