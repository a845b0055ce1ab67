import { notice } from '../elements/notice.js';

interface Outcome {
  readonly outcome: 'done' | 'approval_needed';
}

/** Says what came of an action: done, or waiting for the second person. */
export function sayOutcome({ outcome }: Outcome, done: string): void {
  notice(outcome === 'done' ? done : 'Another person must approve this first. It waits under Approvals.');
}
