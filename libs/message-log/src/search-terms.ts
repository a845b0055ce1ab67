import { createHash } from 'node:crypto';

/**
 * What segments are found by in the database: hashes of 64 bits, of the namespace and either a queue or a stretch of time in
 * which messages were published that the segment speaks of. Stretches come in three widths, about a minute, an hour and
 * three days: a segment uses the finest that needs few terms, a lookup asks for all three.
 */
const finestStretch = 2 ** 28;
const widthStep = 64;
const widths = 3;
const stretchLimit = 256;
/** A segment about more queues has the one term of all of them. */
const queueLimit = 1_024;
const anyQueue = '*';

export const stretchOf = (position: number): number => Math.floor(position / finestStretch);

export function termsOf(namespaceId: string, stretches: ReadonlySet<number>, queueIds: ReadonlySet<string>): bigint[] {
  const queues = queueIds.size > queueLimit ? [anyQueue] : [...queueIds];
  return [...stretchTerms(namespaceId, stretches), ...queues.map((id) => queueTerm(namespaceId, id))];
}

/** A segment that speaks of the message has one of these terms. */
export function termsForPosition(namespaceId: string, position: number): bigint[] {
  return Array.from({ length: widths }, (_, width) => stretchTerm(namespaceId, width, Math.floor(stretchOf(position) / widthStep ** width)));
}

/** A segment that speaks of the queue has one of these terms. */
export function termsForQueue(namespaceId: string, queueId: string): bigint[] {
  return [queueTerm(namespaceId, queueId), queueTerm(namespaceId, anyQueue)];
}

function stretchTerms(namespaceId: string, finest: ReadonlySet<number>): bigint[] {
  let stretches = finest;
  let width = 0;
  while (stretches.size > stretchLimit && width < widths - 1) {
    stretches = new Set([...stretches].map((stretch) => Math.floor(stretch / widthStep)));
    width += 1;
  }
  return [...stretches].map((stretch) => stretchTerm(namespaceId, width, stretch));
}

const stretchTerm = (namespaceId: string, width: number, stretch: number): bigint => termOf(`${namespaceId} t${width} ${stretch}`);
const queueTerm = (namespaceId: string, queueId: string): bigint => termOf(`${namespaceId} q ${queueId}`);

function termOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigInt64BE(0);
}
