/** A figure of the benchmark: a ratio of two sides of one run, or bytes of memory, or milliseconds, or times a second. */
export interface Figure {
  readonly name: string;
  /** Which benchmark yields it. */
  readonly group: string;
  readonly title: string;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
  readonly unit: 'ratio' | 'bytes' | 'ms' | 'per s';
}

const atLeast = (group: string, name: string, target: number, title: string): Figure => ({ name, group, title, bound: 'at least', target, unit: 'ratio' });
const atMost = (group: string, name: string, target: number, title: string, unit: Figure['unit'] = 'ratio'): Figure => ({ name, group, title, bound: 'at most', target, unit });

/** What is promised of speed and memory. The benchmark shows it beside what was measured; it judges nothing. */
export const figures: readonly Figure[] = [
  atLeast('publish', 'publish_vs_echo', 0.55, 'Durable single publish, 64 connections, against a bare Fastify handler (message log off)'),
  atLeast('logged', 'publish_vs_echo_logged', 0.4, 'The same with the message log on and a worker that drains it'),
  atLeast('batch', 'batch_vs_redis', 0.5, 'Batch publish, 100 messages a call, against raw Redis with one script per 100'),
  atLeast('e2e-batch', 'e2e_batch_vs_rabbitmq', 1.5, 'End to end in batches of 100, against a RabbitMQ quorum queue'),
  atLeast('e2e-single', 'e2e_single_vs_bullmq', 1, 'End to end, single publishes, receive and settle 10 at a time, against BullMQ'),
  atMost('latency', 'latency_p50_vs_rabbitmq', 3, 'Median latency, publish to long-poll receive, 1,000 messages/s, against RabbitMQ'),
  atMost('latency', 'latency_p99_vs_rabbitmq', 3, '99th percentile of the same'),
  atMost('memory', 'bytes_parked_1kib', 1300, 'Resident bytes of Redis per parked message of 1 KiB', 'bytes'),
  atMost('memory', 'bytes_overhead_256b', 150, 'Resident bytes over the body per parked message of 256 B', 'bytes'),
  atLeast('idle-queues', 'idle_queues_10k', 0.95, 'A busy queue beside 10,000 idle ones, against alone'),
  atLeast('bindings', 'bindings_100k', 0.9, 'Publish through 100,000 bindings of a topic exchange, against one'),
  atLeast('backlog', 'backlog_5m', 0.9, 'Receive and settle at a backlog of 5 million messages, against 1,000'),
  atLeast('fanout', 'fanout_100', 0.5, 'Fan-out to 100 queues, against raw Redis writing the same copies in one script'),
  atLeast('gateways', 'two_gateways', 1, 'Publish over two gateway processes, against one, with 256 connections'),
  atLeast('metering', 'metering_cost', 0.95, 'Durable single publish with metering, against the same scripts without the lines that count'),
  atMost('drilldown', 'drilldown_p95_ms', 300, 'Worst 95th percentile of a page under an invoice line, 10 million usage rows of one tenant', 'ms'),
  atLeast('push', 'push_vs_undici', 0.5, 'Webhooks of 1 KiB by one worker, signed and recorded, against bare undici to the same endpoint'),
  atLeast('push', 'push_healthy_beside_hanging', 0.9, 'A healthy endpoint beside one that hangs and one that answers 500, same tenant and another, against alone'),
  atMost('push-idle', 'push_idle_commands', 0.01, 'Redis commands for each idle subscription and second, 9,900 idle ones beside 100 with traffic in one namespace', 'per s'),
];

/** Whether a measured value keeps its figure. */
export const keeps = ({ bound, target }: Figure, value: number): boolean => (bound === 'at least' ? value >= target : value <= target);
