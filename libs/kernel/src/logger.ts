/** Facts of one event; never a message body, a header value or a credential. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined | Error>>;

/** One wide line per fact; `event` is dotted and past tense (`message.accepted`). */
export interface Logger {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
