import { stopTools } from '../local/commands.mjs';

/**
 * Runs `cleanUp` once when the person stops the launcher (Ctrl-C, SIGTERM, a closed terminal) or when the process
 * that started it dies, then exits. Ctrl-C reaches the whole terminal group and may be passed on as well, so signals
 * within a second count as one; a later second one exits at once and leaves the rest to the leash.
 * @param {() => Promise<void>} cleanUp
 * @param {number} [exitCode]
 * @returns {() => boolean} whether that has happened: failures after it are of no interest
 */
export function onInterrupt(cleanUp, exitCode = 130) {
  let firstAt = 0;
  const interrupted = async () => {
    if (firstAt !== 0) {
      if (Date.now() - firstAt > 1_000) process.exit(exitCode);
      return;
    }
    firstAt = Date.now();
    await stopTools();
    await cleanUp();
    process.exit(exitCode);
  };
  // A closed terminal takes the output along; cleaning up goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void interrupted());
  if (process.channel !== undefined) {
    process.once('disconnect', () => void interrupted());
    process.channel.unref();
  }
  return () => firstAt !== 0;
}
