import 'reflect-metadata';
import type { LoggerService, Type, DynamicModule } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@waybill/kernel';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { AccessGuard } from './access.js';
import { describeConfig } from './config.js';
import type { Config } from './config.js';
import { drainOnSignals } from './drain.js';
import { refuseUndeclaredHandlers } from './declared-handlers.js';
import { registerHealth } from './health.js';
import type { Readiness } from './health.js';
import { createAdapter } from './http-server.js';
import { createMetrics, measureRoutes } from './metrics.js';
import { ProblemFilter, ProblemReply } from './problem-reply.js';
import type { ErrorTranslation } from './problem-reply.js';

export interface ServiceOptions {
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly config: Config;
  readonly logger: Logger;
  /** 0 takes a free one. */
  readonly port: number;
  readonly readiness: Readiness;
  /** Largest request body, bytes; default 1 MiB. */
  readonly bodyLimitBytes?: number;
  readonly translateError?: ErrorTranslation;
  /** Plugins and raw Fastify routes; runs before Nest declares its own. `metrics` takes the app's own figures. */
  readonly configure?: (app: NestFastifyApplication, kit: { readonly metrics: Registry; readonly problems: ProblemReply }) => void | Promise<void>;
}

export interface RunningService {
  /** Where it listens, without a trailing slash. */
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly metrics: Registry;
  /** Every route that is served, Nest's and raw ones; HEAD twins left out. */
  readonly routes: readonly ServedRoute[];
  /** Not ready, then no new connections, then the requests under way, then the stores. Repeating it is harmless. */
  close(): Promise<void>;
}

export interface ServedRoute {
  readonly method: string;
  readonly url: string;
  /** Id of the contracted operation; null for health, metrics and files. */
  readonly operation: string | null;
}

/**
 * Starts a process's HTTP side the same way everywhere: problems, request ids, timeouts, health, metrics, drain.
 * Refuses to start when a Nest handler has no operation, or when there are handlers and no guard.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { name, config, logger } = options;
  logger.info('service.starting', describeConfig(config));
  const problems = new ProblemReply(logger, options.translateError);
  const adapter = createAdapter({ problems, bodyLimitBytes: options.bodyLimitBytes ?? 1_048_576, trustProxy: config.trustProxy });
  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, { logger: nestLogger(logger), bodyParser: false, abortOnError: false });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const metrics = createMetrics(name);
  const routes = collectRoutes(fastify);
  let draining = false;
  try {
    measureRoutes(fastify, metrics);
    registerHealth(fastify, { readiness: options.readiness, isDraining: () => draining, metrics: config.metrics ? metrics : null });
    app.useGlobalFilters(new ProblemFilter(problems));
    await options.configure?.(app, { metrics, problems });
    refuseUndeclaredHandlers(app.get(ModulesContainer), AccessGuard);
    await app.listen(options.port, config.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    draining = true;
    closing ??= app.close().finally(stopListening).then(() => logger.info('service.stopped'));
    return closing;
  };
  const stopListening = drainOnSignals(logger, close, () => fastify.server.closeAllConnections());
  logger.info('service.started', { url });
  return { url, app, metrics, routes, close };
}

function collectRoutes(fastify: FastifyInstance): ServedRoute[] {
  const routes: ServedRoute[] = [];
  fastify.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      if (method !== 'HEAD') routes.push({ method, url: route.url, operation: route.config?.operation ?? null });
    }
  });
  return routes;
}

/** Nest's own lines: what it says at start is of no interest, its warnings and errors are. */
function nestLogger(logger: Logger): LoggerService {
  const line = (level: 'debug' | 'warn' | 'error') => (message: unknown, ...rest: unknown[]) =>
    logger[level]('framework.reported', { message: String(message), context: String(rest.at(-1) ?? ''), ...(message instanceof Error ? { error: message } : {}) });
  return { log: line('debug'), debug: line('debug'), verbose: line('debug'), warn: line('warn'), error: line('error'), fatal: line('error') };
}
