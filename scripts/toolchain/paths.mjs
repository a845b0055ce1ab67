import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** All that `npm start` keeps: settings, data, logs. Deleting it starts afresh. */
export const stateDir = path.join(root, '.waybill');

/** Node as npm package: the version the product is built and tested with, whatever the machine has. */
export const nodeBinary = path.join(root, 'node_modules/node/bin/node');
