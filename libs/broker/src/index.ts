export * from './redis/keys.js';
export * from './topology-change.js';
