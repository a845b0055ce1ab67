/** What every peer is asked to carry. */
export interface Cargo {
  readonly bodyBytes: number;
  /** Messages of one publish call; one call is one round trip where the peer has such a call. */
  readonly batch: number;
  /** Publish calls under way at the same time. */
  readonly lanes: number;
  /** Consumers at the same time. */
  readonly consumers: number;
  /** Messages taken, and settled, at a time by one consumer. */
  readonly take: number;
}

/** What a consumer tells. */
export interface Sink {
  /** So many messages are settled. */
  settled(messages: number): void;
  /** Bodies as they arrive, before they are settled. Peers look into messages only when this is there. */
  received?(bodies: readonly string[]): void;
  failed(error: unknown): void;
}

export interface Consumption {
  /** Resolves when what was taken is settled and nothing more will be. */
  stop(): Promise<void>;
}

/** One way to move messages, with the client an application would use. Lives in the client process. */
export interface Transport {
  /** One call on a lane; resolves with the number of messages that are durable now. */
  publish(lane: number): Promise<number>;
  /** One message with this body, outside the lanes. */
  send(body: string): Promise<void>;
  /** Resolves when the consumers are ready. */
  consume(sink: Sink): Promise<Consumption>;
  /** Removes what is waiting, while nobody consumes. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export const bodyOf = ({ bodyBytes }: Cargo): string => 'x'.repeat(bodyBytes);

/** Runs loops at the same time until `stop`, which waits for all of them; the first error ends up in the sink. */
export function looping(loops: readonly ((going: () => boolean) => Promise<void>)[], sink: Sink): Consumption {
  let going = true;
  const ended = Promise.all(loops.map((loop) => loop(() => going).catch((error: unknown) => sink.failed(error))));
  return {
    async stop() {
      going = false;
      await ended;
    },
  };
}
