import { Injectable, Module } from '@nestjs/common';
import type { CanActivate, DynamicModule, ExecutionContext, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { Operation } from '@waybill/contracts';
import { WaybillError } from '@waybill/kernel';
import type { Caller } from '@waybill/kernel';
import { ApiKeyStrategy, Authentication, byKeyOrSession, byPassword, bySession, namespaceOf, PasswordStrategy, SessionStrategy } from './authentication.js';
import { refuseCrossSite } from './cross-site.js';
import { operationOf } from './endpoint.js';
import type { AdmittedRequest } from './endpoint.js';
import { SessionCookie } from './session-cookie.js';
import { UnchangedInterceptor } from './unchanged.interceptor.js';

/** Where this installation is reached; decides cookies and what counts as another site. */
export class PublicAddress {
  constructor(readonly url: string) {}
}

/**
 * The one guard of every Nest route. It denies by default: no operation, no entry. Then: not from another site, who
 * asks, may they, and is the namespace of the path theirs (a foreign one answers exactly like an absent one).
 */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #strategies = { password: new byPassword(), session: new bySession(), keyOrSession: new byKeyOrSession() };

  constructor(
    private readonly authentication: Authentication,
    private readonly address: PublicAddress,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const operation = operationOf(context.getHandler());
    if (operation === undefined) throw new WaybillError('route_not_found');
    const request = context.switchToHttp().getRequest<AdmittedRequest>();
    refuseCrossSite(request, this.address.url);
    await this.#authenticate(operation, context);
    if (operation.permission === 'public') return true;
    const caller = request.user as Caller;
    if (operation.permission !== 'signed_in' && !caller.permissions.has(operation.permission)) {
      throw new WaybillError('permission_missing', { permission: operation.permission });
    }
    const namespaceId = namespaceOf(request);
    if (namespaceId !== null) await this.authentication.openNamespace(caller, namespaceId);
    return true;
  }

  async #authenticate(operation: Operation, context: ExecutionContext): Promise<void> {
    if (operation.id === 'signIn') await this.#strategies.password.canActivate(context);
    else if (operation.permission === 'signed_in') await this.#strategies.session.canActivate(context);
    else if (operation.permission !== 'public') await this.#strategies.keyOrSession.canActivate(context);
  }
}

export interface AccessOptions {
  readonly publicUrl: string;
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  /** Implements the ports; its own dependencies come from `imports`. */
  readonly authentication: Type<Authentication>;
}

/** Brings guard, strategies and cookie to an app. */
@Module({})
export class AccessModule {
  static forRoot({ publicUrl, imports, authentication }: AccessOptions): DynamicModule {
    const cookie: Provider = { provide: SessionCookie, useValue: new SessionCookie(publicUrl) };
    return {
      module: AccessModule,
      global: true,
      imports: [PassportModule, ...imports],
      providers: [
        cookie,
        { provide: PublicAddress, useValue: new PublicAddress(publicUrl) },
        { provide: Authentication, useClass: authentication },
        PasswordStrategy, SessionStrategy, ApiKeyStrategy, AccessGuard,
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: UnchangedInterceptor },
      ],
      exports: [cookie],
    };
  }
}
