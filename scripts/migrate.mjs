// Applies the missing migrations as DATABASE_ADMIN_URL and makes the login role that DATABASE_URL names.
// Run it before the apps of a new version start; a second run changes nothing.
import { applyMigrations, ensureRuntimeRole } from './local/database.mjs';
import { fail, Refusal } from './toolchain/progress.mjs';

try {
  const { DATABASE_ADMIN_URL, DATABASE_URL } = process.env;
  if (!DATABASE_ADMIN_URL || !DATABASE_URL) throw new Refusal('Set DATABASE_ADMIN_URL (owner of the tables) and DATABASE_URL (login role of the apps).');
  const applied = await applyMigrations(DATABASE_ADMIN_URL);
  for (const name of applied) process.stdout.write(`applied ${name}\n`);
  await ensureRuntimeRole(DATABASE_ADMIN_URL, DATABASE_URL);
  process.stdout.write(`${applied.length} migrations applied; ${new URL(DATABASE_URL).username} may log in.\n`);
} catch (error) {
  fail(error);
}
