import { billableDimensions } from '@waybill/metering';

/** The tenth meter, for price lists that take a message as one thing: units of 64 KiB, at least one. */
export const messageUnits = 'mq_message_units';

interface MeterText {
  /** As the invoice says it. */
  readonly description: string;
  readonly unit: string;
}

const texts: Readonly<Record<string, MeterText>> = {
  mq_messages: { description: 'Messages accepted', unit: 'message' },
  mq_kib_in: { description: 'Data in', unit: 'KiB' },
  mq_exchange_passes: { description: 'Exchanges passed', unit: 'pass' },
  mq_queue_passes: { description: 'Queues reached', unit: 'pass' },
  mq_kib_out: { description: 'Data out, first delivery', unit: 'KiB' },
  mq_push_attempts: { description: 'Push attempts', unit: 'attempt' },
  mq_queue_minutes: { description: 'Queues kept', unit: 'queue minute' },
  mq_exchange_minutes: { description: 'Exchanges kept', unit: 'exchange minute' },
  mq_archive_mib_hours: { description: 'Archive kept', unit: 'MiB hour' },
  [messageUnits]: { description: 'Messages accepted, in units of 64 KiB', unit: 'unit' },
};

/** Every meter a price list must say something about, in the order of the invoice: nothing counted is billed at no price by accident. */
export const meters: readonly string[] = billableDimensions;

export function meterText(dimension: string): MeterText {
  return texts[dimension] ?? { description: dimension, unit: 'unit' };
}
