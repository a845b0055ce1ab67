export * from './destination.js';
export * from './subscription.js';
export * from './subscriptions/subscription-feed.js';
export * from './attempts/attempt.js';
export * from './attempts/attempt-drain.js';
export * from './attempts/attempt-reader.js';
export { AttemptSearchStore } from './attempts/attempt-search.store.js';
export { AttemptStore } from './attempts/attempt.store.js';
