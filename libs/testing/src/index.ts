export * from './bucket.js';
export * from './environment.js';
export * from './eventually.js';
export * from './fresh-database.store.js';
export * from './home.store.js';
export * from './moved-clock.js';
export * from './test-redis.store.js';
