export * from './body-store.js';
export * from './open-body-store.js';
export * from './object-targets.js';
export type { ObjectRequest, SendObject } from './put-object.js';
