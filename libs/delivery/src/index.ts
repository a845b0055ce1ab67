export * from './destination.js';
export * from './subscription.js';
export * from './subscriptions/subscription-feed.js';
