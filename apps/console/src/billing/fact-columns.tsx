import { Text } from '@mantine/core';
import type { Column } from '../elements/record-table.js';
import { bytes, count, plural } from '../words/figures.js';
import { callTime, exactTime, fullTime } from '../words/time.js';
import type { ShareItem } from './share-level.js';

type ColumnsOf = 'messages' | 'deliveries' | 'attempts' | 'lifetimes' | 'samples';

interface FactWords {
  readonly title: string;
  readonly columns: ColumnsOf;
  /** What a person must know to read them. */
  readonly note: string;
}

const messages: FactWords = { title: 'Messages', columns: 'messages', note: 'Bodies are not shown here.' };
const lifetime: FactWords = { title: 'Lifetime', columns: 'lifetimes', note: 'A minute that has begun counts whole. While one of its name is paid, a new one costs nothing.' };
const facts: Readonly<Record<string, FactWords>> = {
  mq_kib_out: { title: 'Deliveries', columns: 'deliveries', note: 'The first one of each copy, with its size; further ones are free.' },
  mq_push_attempts: { title: 'Attempts', columns: 'attempts', note: 'Counted when their outcome was settled.' },
  mq_queue_minutes: lifetime,
  mq_exchange_minutes: lifetime,
  mq_archive_mib_hours: { title: 'Sample', columns: 'samples', note: 'Measured at the end of the hour, dead letters included.' },
};

/** What stands behind an hour of a dimension. */
export const factsOf = (dimension: string): FactWords => facts[dimension] ?? messages;

const unknown = '–';
const message: Column<ShareItem> = { header: 'Message', cell: ({ id }) => <span className="name">{id}</span> };

/** Before the quantity. */
export const factColumns: Readonly<Record<ColumnsOf, readonly Column<ShareItem>[]>> = {
  messages: [
    message,
    { header: 'When', wide: true, cell: ({ message: of }) => (of === undefined ? unknown : exactTime(of.at)) },
    { header: 'Key', wide: true, cell: ({ message: of }) => <span className="name">{of?.key || unknown}</span> },
    { header: 'Way', wide: true, cell: ({ message: of }) => <span className="name">{[...(of?.exchanges ?? []), of?.queues.join(', ') || 'no queue'].join(' → ')}</span> },
    { header: 'By', wide: true, cell: ({ message: of }) => <span className="name">{of?.publishedBy ?? unknown}</span> },
    { header: 'Bytes', right: true, wide: true, cell: ({ message: of }) => (of === undefined || of.bytes === null ? unknown : count(of.bytes)) },
  ],
  deliveries: [
    message,
    { header: 'When', wide: true, cell: ({ delivery }) => (delivery === undefined ? unknown : exactTime(delivery.at)) },
    { header: 'Taken by', wide: true, cell: ({ delivery }) => <span className="name">{delivery?.holder ?? unknown}</span> },
  ],
  attempts: [
    { header: 'Message', cell: ({ attempt }) => <><span className="name">{attempt?.message}</span>{attempt === undefined || attempt.messages < 2 ? null : <Text size="xs" c="dimmed">and {plural(attempt.messages - 1, 'other')} in the same call</Text>}</> },
    { header: 'When', wide: true, cell: ({ attempt }) => (attempt === undefined ? unknown : exactTime(attempt.at)) },
    { header: 'Outcome', cell: ({ attempt }) => (attempt === undefined ? unknown : `${attempt.outcome.replaceAll('_', ' ')}, ${attempt.status ?? attempt.reason ?? 'no answer'}`) },
    { header: 'Destination', wide: true, cell: ({ attempt }) => <span className="name">{attempt?.destination ?? 'deleted'}</span> },
    { header: 'Attempt', right: true, wide: true, cell: ({ attempt }) => (attempt === undefined ? unknown : count(attempt.attempt)) },
    { header: 'Took', right: true, wide: true, cell: ({ attempt }) => (attempt === undefined ? unknown : callTime(attempt.durationMs)) },
  ],
  lifetimes: [
    { header: 'Name', cell: ({ name }) => <span className="name">{name}</span> },
    { header: 'Created', wide: true, cell: ({ lifetime: of }) => (of === undefined ? unknown : fullTime(of.createdAt)) },
    { header: 'Deleted', wide: true, cell: ({ lifetime: of }) => (of === undefined || of.deletedAt === null ? unknown : fullTime(of.deletedAt)) },
    { header: 'Counted from', wide: true, cell: ({ lifetime: of }) => (of === undefined ? unknown : exactTime(of.countedFrom)) },
  ],
  samples: [
    { header: 'Measured', cell: ({ sample }) => (sample === undefined ? unknown : fullTime(sample.at)) },
    { header: 'Stored', right: true, wide: true, cell: ({ sample }) => (sample === undefined ? unknown : bytes(Number(sample.bytes))) },
    { header: 'Bytes', right: true, wide: true, cell: ({ sample }) => (sample === undefined ? unknown : count(sample.bytes)) },
  ],
};
