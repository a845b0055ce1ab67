import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { problemOf } from '@waybill/contracts';
import { errorCodes, WaybillError } from '@waybill/kernel';
import type { Logger } from '@waybill/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Errors Fastify raises itself, in our registry. */
const fastifyCodes: Readonly<Record<string, (bodyLimitBytes: number) => WaybillError>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => new WaybillError('request_malformed_json'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new WaybillError('request_malformed_json'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => new WaybillError('request_malformed_json'),
  FST_ERR_CTP_BODY_TOO_LARGE: (limitBytes) => new WaybillError('request_body_too_large', { limitBytes }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new WaybillError('request_content_type_unsupported'),
  FST_ERR_CTP_INVALID_TYPE: () => new WaybillError('request_content_type_unsupported'),
  FST_ERR_BAD_URL: () => new WaybillError('route_not_found'),
  FST_ERR_MAX_PARAM_LENGTH: () => new WaybillError('name_invalid'),
};

/** Turns a foreign error into one of ours; undefined when it does not know it. An app gives one for its stores. */
export type ErrorTranslation = (error: unknown) => WaybillError | undefined;

/**
 * The HTTP door's last word on every error: one problem document (RFC 9457), one log line. An unknown error becomes
 * `internal_error` with the request id and no detail; its facts go to the log only.
 */
export class ProblemReply {
  constructor(
    private readonly logger: Logger,
    private readonly translate: ErrorTranslation = () => undefined,
  ) {}

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const known = this.#known(error, request);
    this.#log(known ?? new WaybillError('internal_error', {}, { cause: error }), request);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(known ?? new WaybillError('internal_error'), request, reply);
  }

  #known(error: unknown, request: FastifyRequest): WaybillError | undefined {
    if (error instanceof WaybillError) return error;
    if (error instanceof z.ZodError) {
      return new WaybillError('request_invalid', {}, { issues: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) });
    }
    const fromFastify = fastifyCodes[codeOf(error)];
    if (fromFastify !== undefined) return fromFastify(request.routeOptions?.bodyLimit ?? request.server.initialConfig.bodyLimit ?? 0);
    return this.translate(error);
  }

  #log(error: WaybillError, request: FastifyRequest): void {
    this.logger[errorCodes[error.code].level]('request.refused', {
      code: error.code, requestId: request.id, method: request.method, route: request.routeOptions?.url ?? null,
      ...(error.cause instanceof Error ? { error: error.cause } : {}),
    });
  }
}

/** Writes the problem document of an error we know, with the headers its status asks for. */
export function sendProblem(error: WaybillError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.id);
  const retryAfter = error.params['retryAfterSeconds'];
  if (retryAfter !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(Number(retryAfter))));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="waybill"');
  reply.code(problem.status).header('x-request-id', request.id).header('cache-control', 'no-store').header('content-type', 'application/problem+json').serializer(String).send(JSON.stringify(problem));
}

/** Errors of Nest handlers take the same way as Fastify's own. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly problems: ProblemReply) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.problems.send(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
