export * from './destination.js';
export * from './subscription.js';
