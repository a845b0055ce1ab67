export * from './database.js';
export { Prisma } from './generated/client.js';
export * from './migrate.js';
