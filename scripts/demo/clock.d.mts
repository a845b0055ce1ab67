/** Where the clock of a demonstration is set: in its three stores. */
export interface ClockPlaces {
  /** Of the owner. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of the double. */
  readonly stripeUrl: string;
}

export function tellDemoTime(databaseUrl: string): Promise<void>;
export function demoNowMs(places: Pick<ClockPlaces, 'stripeUrl'>): Promise<number>;
/** Moves the clock forward, in steps that a worker keeps up with. Throws when the product does not come along. */
export function advanceClock(places: ClockPlaces, toMs: number, onStep?: (atMs: number) => void): Promise<void>;
export function nextMonthMs(atMs: number): number;
