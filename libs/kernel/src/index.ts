export * from './caller.js';
export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './logger.js';
export * from './secret.js';
export * from './signed-token.js';
