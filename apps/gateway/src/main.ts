import { createLogger, loadConfig } from '@waybill/platform';
import { startGateway } from './start-gateway.js';

const config = loadConfig();
await startGateway(config, createLogger('gateway', config.logLevel));
