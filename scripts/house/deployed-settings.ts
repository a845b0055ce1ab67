import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root, sourceFiles } from './files.js';

// Not a static import: scripts/launch loads the package only once it is built, and nx wants every file of a project to import a package in one way.
const { settings } = await import('@waybill/platform');

export const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** Settings that nobody sets for a container, and why. */
export const notSet: Readonly<Record<string, string>> = {
  CONTROL_PLANE_PORT: 'ports inside of a container are its own', GATEWAY_PORT: 'the same', WORKER_PORT: 'the same',
  CONSOLE_DIR: 'the image has the console where it is looked for', DATABASE_ADMIN_URL: 'for migrations alone', DEMONSTRATION: 'refused in production',
};

/** Settings that a container of an app may be given. */
export const reference = settings.filter(({ name }) => !(name in notSet));

/** Settings that the sources of the gateway, or those of every process, name. */
export function readByGateway(): string[] {
  const files = sourceFiles('apps/gateway/src/**/*.ts', 'libs/platform/src/*.ts').filter((file) => !/config(-page)?\.ts$|\.(int-)?spec\.ts$|security-headers\.ts$/.test(file));
  const words = new Set(files.flatMap((file) => read(file).match(/\w+/g) ?? []));
  return reference.filter(({ key }) => words.has(key)).map(({ name }) => name);
}

/** Folders that the image lets its user write to. */
export function writableFolders(): string[] {
  return read('infra/docker/Dockerfile').match(/chown node:node ([^\n]*)/)?.[1]?.split(' ') ?? [];
}
