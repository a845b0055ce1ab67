import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { operationOf, Unchanged } from './endpoint.js';

/** Sends an Unchanged reply with the second status of its operation. */
@Injectable()
export class UnchangedInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof Unchanged)) return answer;
        const operation = operationOf(context.getHandler());
        context.switchToHttp().getResponse<FastifyReply>().code(operation?.statusUnchanged ?? operation?.status ?? 200);
        return answer.reply as unknown;
      }),
    );
  }
}
