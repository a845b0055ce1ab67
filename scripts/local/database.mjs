import { randomBytes } from 'node:crypto';
import pg from 'pg';

const group = 'waybill_runtime';
const quoted = (name) => pg.escapeIdentifier(name);

/** @template T @param {string} url @param {(client: pg.Client) => Promise<T>} work @returns {Promise<T>} */
export async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same server and user, another database. @param {string} url @param {string} database */
export function inDatabase(url, database) {
  const there = new URL(url);
  there.pathname = `/${database}`;
  return there.href;
}

/** The same server and database, another user. @param {string} url @param {string} user @param {string} password */
export function asUser(url, user, password) {
  const there = new URL(url);
  there.username = user;
  there.password = password;
  return there.href;
}

/** @param {string} serverUrl @param {string} database */
export function createDatabase(serverUrl, database) {
  return withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${quoted(database)}`);
  });
}

/**
 * Applies the missing migrations as the owner and returns their names. @waybill/database must be built.
 * @param {string} adminUrl
 * @returns {Promise<string[]>}
 */
export async function applyMigrations(adminUrl) {
  const { migrate } = await import('@waybill/database');
  return migrate(adminUrl);
}

/**
 * The login role that `runtimeUrl` names: a member of the group that may read and write rows, and nothing else. Its
 * password is set each time, so that a change of it takes effect.
 * @param {string} adminUrl
 * @param {string} runtimeUrl
 */
export function ensureRuntimeRole(adminUrl, runtimeUrl) {
  const { username, password } = new URL(runtimeUrl);
  const role = quoted(decodeURIComponent(username));
  const secret = pg.escapeLiteral(decodeURIComponent(password));
  return withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [decodeURIComponent(username)]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD ${secret}`);
    else await client.query(`ALTER ROLE ${role} PASSWORD ${secret}`);
    await client.query(`GRANT ${group} TO ${role}`);
  });
}

/**
 * A migrated database of its own on a shared server, with a runtime role of its own.
 * @param {string} serverUrl  of the superuser
 */
export async function createThrowAwayDatabase(serverUrl) {
  const name = `waybill_${randomBytes(6).toString('hex')}`;
  const adminUrl = inDatabase(serverUrl, name);
  const runtimeUrl = asUser(adminUrl, name, randomBytes(12).toString('hex'));
  await createDatabase(serverUrl, name);
  await applyMigrations(adminUrl);
  await ensureRuntimeRole(adminUrl, runtimeUrl);
  return {
    adminUrl,
    runtimeUrl,
    drop: () => withClient(serverUrl, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
      await client.query(`DROP ROLE IF EXISTS ${quoted(name)}`);
    }),
  };
}
