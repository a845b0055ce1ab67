import type { Fact, HourFacts } from '@waybill/billing';
import type { drillDownUsage, Reply } from '@waybill/contracts';

type Answer = Reply<typeof drillDownUsage>;
type Item = Answer['items'][number];

const iso = (ms: number): string => new Date(ms).toISOString();

/** Everything else is counted by the message. */
const levels: Readonly<Record<string, Answer['level']>> = {
  mq_kib_out: 'deliveries', mq_push_attempts: 'attempts', mq_queue_minutes: 'lifetimes', mq_exchange_minutes: 'lifetimes', mq_archive_mib_hours: 'samples',
};

/** The facts of an hour with the names people gave. */
export function hourAnswer(dimension: string, { total, items, next, endsAtHour }: HourFacts, nameOf: (id: string) => string | null, evidence: Answer['evidence']): Answer {
  return { level: levels[dimension] ?? 'messages', total: String(total), next, endsAtHour, evidence, items: items.map((fact) => itemOf(fact, nameOf)) };
}

function itemOf(fact: Fact, nameOf: (id: string) => string | null): Item {
  const { id, units, cause, atMs } = fact;
  const item = { id, name: null, quantity: String(units), cause };
  const at = iso(atMs);
  const named = (ids: readonly string[]) => ids.map((each) => nameOf(each) ?? each);
  switch (fact.kind) {
    case 'message': {
      const { bytes, key, exchanges, queues, publishedBy } = fact;
      return { ...item, message: { at, bytes, key, exchanges: named(exchanges), queues: named(queues), publishedBy } };
    }
    case 'delivery':
      return { ...item, delivery: { at, holder: fact.holder } };
    case 'attempt': {
      const { startedAtMs, messageId: message, attempt, durationMs, outcome, status, reason, messages, destination } = fact;
      return { ...item, attempt: { at, startedAt: iso(startedAtMs), message, attempt, durationMs, outcome, status, reason, messages, destination } };
    }
    case 'lifetime': {
      const { name, bornMs, goneMs } = fact;
      return { ...item, name, lifetime: { name, createdAt: iso(bornMs), deletedAt: goneMs === null ? null : iso(goneMs), countedFrom: at } };
    }
    case 'sample':
      return { ...item, sample: { at, bytes: String(fact.bytes) } };
  }
}
