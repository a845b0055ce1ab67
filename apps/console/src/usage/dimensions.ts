/** What is counted, in plain words (docs: billing, dimensions). The order is the one people ask in. */
export const dimensions = [
  { id: 'mq_messages', name: 'Messages published', help: 'One for each accepted publish. Refused publishes are not counted.' },
  { id: 'mq_kib_in', name: 'KiB published', help: 'Body, properties and headers of each accepted message, rounded up to whole KiB.' },
  { id: 'mq_exchange_passes', name: 'Exchange passes', help: 'One for each exchange a message went through.' },
  { id: 'mq_queue_passes', name: 'Copies stored in queues', help: 'One for each queue that stored a copy of a message.' },
  { id: 'mq_kib_out', name: 'KiB delivered', help: 'Size of each copy at its first delivery, rounded up to whole KiB. Redeliveries are not counted.' },
  { id: 'mq_push_attempts', name: 'Push attempts', help: 'One for each call sent to a destination, retries included. Calls that were never made are not counted.' },
  { id: 'mq_queue_minutes', name: 'Queue minutes', help: 'Minutes each queue existed, rounded up; at most 60 an hour.' },
  { id: 'mq_exchange_minutes', name: 'Exchange minutes', help: 'The same for exchanges that you made. The built-in one is free.' },
  { id: 'mq_archive_mib_hours', name: 'Stored MiB hours', help: 'What was kept, measured at the end of each hour, rounded up to whole MiB.' },
  { id: 'mq_message_units', name: 'Units of 64 KiB', help: 'What the Simple plan bills: one for each accepted publish of up to 64 KiB, another for each 64 KiB beyond.' },
  { id: 'mq_unroutable', name: 'Matched no queue', help: 'Messages that were accepted but matched no binding, so no queue stored them.' },
] as const;

/** A dimension this console does not know yet is shown by its id rather than hidden. */
export function dimensionName(id: string): string {
  return dimensions.find((dimension) => dimension.id === id)?.name ?? id;
}
