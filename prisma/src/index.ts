export * from './database.js';
export { databaseErrorOf } from './database-error.js';
export { Prisma } from './generated/client.js';
export * from './migrate.js';
export * from './row-pages.js';
