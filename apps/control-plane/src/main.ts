import { createLogger, loadConfig } from '@waybill/platform';
import { startControlPlane } from './start-control-plane.js';

const config = loadConfig();
await startControlPlane(config, createLogger('control-plane', config.logLevel));
