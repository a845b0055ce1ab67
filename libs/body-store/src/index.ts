export * from './body-store.js';
export * from './open-body-store.js';
