import { connect } from 'amqplib';
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { bodyOf } from './transport.js';
import type { Cargo, Consumption, Transport } from './transport.js';

export interface RabbitSettings extends Cargo {
  readonly kind: 'rabbitmq';
  readonly url: string;
  readonly queue: string;
}

/** Connections for publishing, and as many for consuming: more made it slower, fewer too. */
const connectionsEachWay = 2;

/** RabbitMQ by AMQP 0-9-1: a quorum queue, persistent messages, publisher confirms, consumer acknowledgements. */
export async function openRabbit(settings: RabbitSettings): Promise<Transport> {
  const { batch, queue, take } = settings;
  const open = () => connect(settings.url, { noDelay: true });
  const publishing = await Promise.all(Array.from({ length: connectionsEachWay }, open));
  const channels = await Promise.all(publishing.map((connection) => connection.createConfirmChannel()));
  const consumingConnections = await Promise.all(Array.from({ length: connectionsEachWay }, open));
  await channels[0]?.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const body = Buffer.from(bodyOf(settings));

  /** Resolves when the broker has confirmed all of them. */
  const publishAll = (channel: ConfirmChannel, content: Buffer, count: number) =>
    new Promise<void>((resolve, reject) => {
      let unconfirmed = count;
      const confirmed = (error: unknown) => {
        if (error) reject(error instanceof Error ? error : new Error('RabbitMQ refused a message'));
        else if ((unconfirmed -= 1) === 0) resolve();
      };
      for (let i = 0; i < count; i += 1) channel.sendToQueue(queue, content, { persistent: true }, confirmed);
    });

  return {
    async publish(lane) {
      await publishAll(channels[lane % channels.length] as ConfirmChannel, body, batch);
      return batch;
    },
    send: (text) => publishAll(channels[0] as ConfirmChannel, Buffer.from(text), 1),
    async consume(sink): Promise<Consumption> {
      const consuming = await Promise.all(consumingConnections.map((connection) => connection.createChannel()));
      const prefetch = Math.ceil((settings.consumers * take) / consuming.length);
      const tags = new Map<Channel, string>();
      for (const channel of consuming) {
        await channel.prefetch(prefetch);
        let taken = 0;
        let rest: NodeJS.Immediate | undefined;
        const acknowledge = (message: ConsumeMessage) => {
          channel.ack(message, true);
          sink.settled(taken);
          taken = 0;
        };
        const { consumerTag } = await channel.consume(queue, (message) => {
          if (message === null) return sink.failed(new Error('RabbitMQ cancelled the consumer'));
          sink.received?.([message.content.toString('latin1')]);
          taken += 1;
          clearImmediate(rest);
          // One acknowledgement for `take` messages, or for those that came together.
          if (taken >= take) acknowledge(message);
          else rest = setImmediate(acknowledge, message);
        });
        tags.set(channel, consumerTag);
      }
      return {
        async stop() {
          for (const [channel, tag] of tags) await channel.cancel(tag);
          await new Promise((resolve) => setImmediate(resolve)); // the last acknowledgements go out
          for (const channel of consuming) await channel.close();
        },
      };
    },
    async empty() {
      await channels[0]?.purgeQueue(queue);
    },
    async close() {
      for (const connection of [...publishing, ...consumingConnections]) await connection.close();
    },
  };
}
