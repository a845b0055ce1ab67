import type { Dimension } from './dimensions.js';
import { isDimension } from './dimensions.js';

export const hourMs = 3_600_000;

/** What one counter counts: a field of the hash of open usage, `<hour>|<dimension>|<cause>|<resourceId>`. */
export interface UsageField {
  /** Whole hours since the Unix epoch, UTC. */
  readonly hour: number;
  readonly dimension: Dimension;
  /** Why it was counted (publish, dead-letter, replay, schedule), so that a price list may zero-rate one. */
  readonly cause: string;
  /** Id of the exchange, queue or namespace. */
  readonly resourceId: string;
}

const hourPattern = /^[1-9]\d{0,6}$/;
const causePattern = /^[a-z][a-z-]{0,31}$/;
const resourcePattern = /^[A-Za-z0-9_]{1,64}$/;

export function formatUsageField({ hour, dimension, cause, resourceId }: UsageField): string {
  return `${hour}|${dimension}|${cause}|${resourceId}`;
}

/** Null when the text is not exactly such a field. */
export function parseUsageField(text: string): UsageField | null {
  const [hour = '', dimension = '', cause = '', resourceId = '', ...more] = text.split('|');
  const wellFormed = more.length === 0 && hourPattern.test(hour) && isDimension(dimension) && causePattern.test(cause) && resourcePattern.test(resourceId);
  return wellFormed ? { hour: Number(hour), dimension, cause, resourceId } : null;
}
