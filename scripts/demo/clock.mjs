import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { withClient } from '../local/database.mjs';
import { Refusal } from '../toolchain/progress.mjs';
import { clockChannel, clockKey } from './demo-clock.mjs';
import { control, stripe } from './double.mjs';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Further than a worker books the minutes of in one run (200 hours) an hour would be sealed by its deadline. */
const longestStepMs = 7 * dayMs;
/** Just after a month's end its drafts are claimed, before Stripe would finalize them alone after an hour. */
const afterMonthMs = 10 * 60_000;
/** Partitions of the ledger are made for so long ahead of the machine's clock, not of the demonstration's. */
const farthestMs = 330 * dayMs;
/** Hours are sealed five minutes after their end. */
const sealedAfterMs = 6 * 60_000;
const patienceMs = 180_000;

/**
 * Where the clock of a demonstration is set: in its three stores.
 * @typedef {object} ClockPlaces
 * @property {string} databaseUrl  of the owner
 * @property {string} redisUrl
 * @property {string} stripeUrl  of the double
 */

/**
 * Makes a migrated database tell the demonstration's time: functions of the same names stand before PostgreSQL's own.
 * @param {string} databaseUrl  of the owner
 */
export function tellDemoTime(databaseUrl) {
  return withClient(databaseUrl, async (client) => {
    const ahead = 'make_interval(secs => (SELECT ahead_s FROM demo.clock))';
    await client.query(`
      CREATE SCHEMA demo;
      CREATE TABLE demo.clock (ahead_s DOUBLE PRECISION NOT NULL);
      INSERT INTO demo.clock VALUES (0);
      CREATE FUNCTION demo.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT pg_catalog.now() + ${ahead} $$;
      CREATE FUNCTION demo.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + ${ahead} $$;
      GRANT USAGE ON SCHEMA demo TO waybill_runtime;
      GRANT SELECT ON demo.clock TO waybill_runtime;`);
    const { rows } = await client.query(`
      SELECT d.adrelid::regclass AS place, a.attname AS name FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      WHERE pg_get_expr(d.adbin, d.adrelid) IN ('CURRENT_TIMESTAMP', 'now()')`);
    for (const { place, name } of rows) await client.query(`ALTER TABLE ${place} ALTER COLUMN ${pg.escapeIdentifier(name)} SET DEFAULT demo.now()`);
    const { pathname } = new URL(databaseUrl);
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(pathname.slice(1))} SET search_path = demo, public, pg_catalog`);
  });
}

/** The moment it is in the demonstration, ms. @param {Pick<ClockPlaces, 'stripeUrl'>} places */
export async function demoNowMs({ stripeUrl }) {
  return (await control(stripeUrl, 'GET', 'clock')).nowMs;
}

/**
 * Moves the clock forward, in steps that a worker keeps up with: after each the hours before are sealed, Stripe has them, and its
 * webhooks are worked on. Nobody is signed out by it.
 * @param {ClockPlaces} places
 * @param {number} toMs
 * @param {(atMs: number) => void} [onStep]
 */
export async function advanceClock(places, toMs, onStep = () => undefined) {
  if (toMs > Date.now() + farthestMs) throw new Refusal(`The demonstration goes as far as ${new Date(Date.now() + farthestMs).toISOString().slice(0, 10)}; start it anew to begin again.`);
  let atMs = await demoNowMs(places);
  if (toMs <= atMs) throw new Refusal(`It is ${new Date(atMs).toISOString()} there, and the clock only goes forward.`);
  const redis = new Redis(places.redisUrl);
  try {
    while (atMs < toMs) {
      atMs = Math.min(toMs, atMs + longestStepMs, nextMonthMs(atMs) + afterMonthMs);
      await setClock(places, redis, atMs);
      await settled(places, atMs);
      onStep(atMs);
    }
  } finally {
    redis.disconnect();
  }
}

/** The stores first, so that what Stripe then says finds them in the same month. */
async function setClock({ databaseUrl, stripeUrl }, redis, toMs) {
  const aheadS = Math.ceil((toMs - Date.now()) / 1_000);
  await withClient(databaseUrl, async (client) => {
    const { rows: [{ ahead_s: before }] } = await client.query('SELECT ahead_s FROM demo.clock');
    await client.query(`SELECT set_config('app.scope', 'system', false)`);
    await client.query('UPDATE sessions SET last_seen_at = last_seen_at + make_interval(secs => $1), expires_at = expires_at + make_interval(secs => $1)', [aheadS - before]);
    await client.query('UPDATE demo.clock SET ahead_s = $1', [aheadS]);
  });
  await redis.set(clockKey, aheadS);
  await redis.publish(clockChannel, String(aheadS));
  await control(stripeUrl, 'POST', 'clock/advance', { toMs: Date.now() + aheadS * 1_000 });
}

/** Until the product has done what the new moment asks of it. */
async function settled({ databaseUrl, stripeUrl }, atMs) {
  const sealedMs = Math.floor((atMs - sealedAfterMs) / hourMs) * hourMs;
  await withClient(databaseUrl, async (client) => {
    await client.query(`SELECT set_config('app.scope', 'system', false)`);
    for (const deadline = Date.now() + patienceMs; ; await sleep(200)) {
      const { rows: [left] } = await client.query(`
        SELECT (SELECT count(*) FROM namespaces n LEFT JOIN usage_watermarks m ON m.namespace_id = n.id WHERE m.sealed_through IS NULL OR m.sealed_through < $1)::int AS "namespaces whose hours are not sealed",
          (SELECT count(*) FROM meter_pushes WHERE state IN ('pending', 'accepted'))::int AS "hours that Stripe has not confirmed",
          (SELECT count(*) FROM webhook_events WHERE state = 'pending')::int AS "webhooks"`, [new Date(sealedMs)]);
      const drafts = await stripe(stripeUrl, 'GET', '/v1/invoices?status=draft&limit=100');
      left['drafts that are not claimed'] = drafts.data.filter(({ auto_advance: alone }) => alone).length;
      const waiting = Object.entries(left).filter(([, count]) => count > 0);
      if (waiting.length === 0) return;
      if (Date.now() > deadline) throw new Refusal(`The product did not come along to ${new Date(atMs).toISOString()}: ${waiting.map(([what, count]) => `${count} ${what}`).join(', ')}. See the worker's log.`);
    }
  });
}

/** @param {number} atMs */
export function nextMonthMs(atMs) {
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
