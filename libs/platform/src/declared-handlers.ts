import type { Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import type { ModulesContainer } from '@nestjs/core';
import { operationOf } from './endpoint.js';

/**
 * Walks every handler of every controller and throws when one has no operation, hence no permission, or when there
 * are handlers but the guard that asks for the permission is not part of the application.
 */
export function refuseUndeclaredHandlers(modules: ModulesContainer, guard: Type): void {
  const undeclared: string[] = [];
  let handlers = 0;
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, object>;
      for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
        const handler = prototype[name];
        if (handler === undefined || Reflect.getMetadata(PATH_METADATA, handler) === undefined) continue;
        handlers += 1;
        if (operationOf(handler) === undefined) undeclared.push(`${metatype.name}.${name}`);
      }
    }
  }
  if (undeclared.length > 0) throw new Error(`These handlers have no operation, so nothing says who may call them: ${undeclared.join(', ')}`);
  const guarded = [...modules.values()].some((module) => module.providers.has(guard));
  if (handlers > 0 && !guarded) throw new Error('There are handlers but no AccessModule: import AccessModule.forRoot()');
}
