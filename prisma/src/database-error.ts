import { WaybillError } from '@waybill/kernel';

/** Prisma: server unreachable, its timeout, connection closed, no connection free, transaction not begun in time. */
const unreachable = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);
/** PostgreSQL classes: connection exceptions, too many connections, shutting down or starting up. */
const sqlStates = /^(08|53300|57P0)/;
const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EHOSTUNREACH']);

/** `database_unavailable` for errors that mean PostgreSQL was not reached; undefined for every other error. */
export function databaseErrorOf(error: unknown): WaybillError | undefined {
  return saysUnreachable(error, 0) ? new WaybillError('database_unavailable', {}, { cause: error }) : undefined;
}

function saysUnreachable(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { code, originalCode, kind, cause, meta, name } = error as Record<string, unknown>;
  if ([code, originalCode].some((each) => typeof each === 'string' && (unreachable.has(each) || network.has(each) || sqlStates.test(each)))) return true;
  if (name === 'PrismaClientInitializationError' || kind === 'DatabaseNotReachable' || kind === 'ConnectionClosed' || kind === 'SocketTimeout') return true;
  return saysUnreachable(cause, depth + 1) || saysUnreachable((meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError, depth + 1);
}
