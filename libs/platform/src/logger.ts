import { hostname } from 'node:os';
import { Secret, WaybillError } from '@waybill/kernel';
import type { LogFacts, Logger, LogLevel } from '@waybill/kernel';
import { pino } from 'pino';
import type { DestinationStream } from 'pino';

/**
 * JSON lines on standard output: `{"level":"info","time":…,"service":…,"event":"message.accepted",…}`.
 * A Secret prints masked; an Error becomes `err` with type, message, code and stack.
 */
export function createLogger(service: string, level: LogLevel, destination?: DestinationStream): Logger {
  const lines = pino(
    {
      level,
      messageKey: 'event',
      base: { service, host: hostname(), pid: process.pid },
      // Ours already; pino's own would drop the cause.
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
  const write = (at: LogLevel) => (event: string, facts?: LogFacts) => {
    if (lines.isLevelEnabled(at)) lines[at](facts === undefined ? {} : plainFacts(facts), event);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function plainFacts(facts: LogFacts): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value instanceof Error) plain['err'] = plainError(value);
    else plain[name] = (value as unknown) instanceof Secret ? String(value) : value;
  }
  return plain;
}

function plainError(error: Error, depth = 0): Record<string, unknown> {
  return {
    type: error.name,
    message: error.message,
    ...(error instanceof WaybillError ? { code: error.code } : 'code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause instanceof Error && depth < 5 ? { cause: plainError(error.cause, depth + 1) } : {}),
  };
}
