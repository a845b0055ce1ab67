import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { onPath } from './apt.mjs';
import { reservePort } from './ports.mjs';
import { Child, startLeash } from './processes.mjs';
import { temporaryFolder } from './services.mjs';
import { Refusal } from '../toolchain/progress.mjs';

/** Debian's command on the PATH insists on one user and the system's folders; what it wraps does not. */
const unwrapped = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** @type {typeof import('./stack.d.mts').startRabbit} */
export async function startRabbit() {
  const command = existsSync(unwrapped) ? unwrapped : onPath('rabbitmq-server');
  const epmdCommand = onPath('epmd');
  if (command === undefined || epmdCommand === undefined) throw new Refusal('rabbitmq-server is not installed');

  const leash = startLeash();
  const home = temporaryFolder(leash);
  const place = (name) => path.join(home.folder, name);
  const started = [];
  const stop = async () => {
    for (const child of started.reverse()) await child.stop();
    home.remove();
    leash.release();
  };
  try {
    const [epmdPort, amqpPort, distributionPort] = [await reservePort(), await reservePort(), await reservePort()];
    mkdirSync(place('home'), { mode: 0o700 });
    writeFileSync(place('rabbitmq.conf'), 'log.file.level = warning\n');
    writeFileSync(place('enabled_plugins'), '[].\n');
    const env = {
      PATH: process.env.PATH, LANG: 'C.UTF-8',
      HOME: place('home'), // the Erlang cookie lies there
      ERL_EPMD_PORT: String(epmdPort.port), ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `bench-${amqpPort.port}@localhost`, RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(amqpPort.port), RABBITMQ_DIST_PORT: String(distributionPort.port),
      RABBITMQ_MNESIA_BASE: place('mnesia'), RABBITMQ_LOG_BASE: place('log'), RABBITMQ_PID_FILE: place('pid'),
      RABBITMQ_CONFIG_FILE: place('rabbitmq.conf'), RABBITMQ_CONF_ENV_FILE: place('none'), RABBITMQ_ENABLED_PLUGINS_FILE: place('enabled_plugins'),
    };
    const open = async (name, file, args, port, ready, readyMs) => {
      const child = new Child({ name, command: file, args, cwd: home.folder, env, logFile: place(`${name}.log`), ready, readyMs, stopMs: 20_000 }, leash);
      await port.release();
      started.push(child);
      await child.start();
      return child;
    };
    // Its own registry of Erlang nodes: RabbitMQ would leave one running.
    await open('epmd', epmdCommand, ['-port', String(epmdPort.port), '-address', '127.0.0.1'], epmdPort, () => accepts(epmdPort.port), 10_000);
    await distributionPort.release();
    const rabbit = await open('rabbitmq', command, [], amqpPort, () => greets(amqpPort.port), 60_000);
    return { url: `amqp://guest:guest@127.0.0.1:${amqpPort.port}`, version: versionOf(command), process: rabbit, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** From the folder it is installed in: asking the command takes an Erlang machine of its own. */
function versionOf(command) {
  const { stdout } = spawnSync('readlink', ['-f', command], { encoding: 'utf8' });
  return /rabbitmq_server-([\d.]+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
}

const accepts = (port) => exchange(port, '', (socket, resolve) => resolve());

/** Answers the protocol header once it serves. */
const greets = (port) => exchange(port, 'AMQP\x00\x00\x09\x01', (socket, resolve) => void socket.once('data', () => resolve()));

function exchange(port, hello, then) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(hello, 'latin1');
      then(socket, done);
    });
    const done = () => {
      socket.destroy();
      resolve();
    };
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
  });
}
