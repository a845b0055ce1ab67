import { createLogger, loadConfig } from '@waybill/platform';
import { startWorker } from './start-worker.js';

const config = loadConfig();
await startWorker(config, createLogger('worker', config.logLevel));
