import {
  RequestMethod,
  type Type,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import type {
  ApplicationConfig,
  DiscoveryService,
  MetadataScanner,
  Reflector,
} from '@nestjs/core';
import { SKIP_TRACKING } from './skip-tracking.decorator.js';

type Surroundings = Pick<
  ApplicationConfig,
  'getGlobalPrefix' | 'getVersioning'
>;

/**
 * The routes of handlers under `@SkipTracking()`, by method and template: a request that a guard
 * turns away never reaches the interceptor, which would know its handler.
 */
export class SkippedRoutes {
  private readonly routes = new Set<string>();

  has(method: string | undefined, template: string): boolean {
    return (
      this.routes.size > 0 &&
      (this.routes.has(`${method} ${template}`) ||
        this.routes.has(`ALL ${template}`))
    );
  }

  /** Finds them among the controllers of the application. */
  static discover(
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    reflector: Reflector,
    surroundings: Surroundings,
  ): SkippedRoutes {
    const found = new SkippedRoutes();
    for (const { metatype } of discovery.getControllers()) {
      if (typeof metatype !== 'function') {
        continue;
      }
      const controller = metatype as Type;
      const prototype: Record<string, unknown> = controller.prototype;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name];
        if (
          typeof handler === 'function' &&
          reflector.getAllAndOverride(SKIP_TRACKING, [
            handler as Type,
            controller,
          ]) === true
        ) {
          found.add(controller, handler as Type, surroundings);
        }
      }
    }
    return found;
  }

  private add(controller: Type, handler: Type, host: Surroundings): void {
    const method: RequestMethod | undefined = Reflect.getMetadata(
      'method',
      handler,
    );
    if (method === undefined) {
      return;
    }
    const versions = versionSegments(controller, handler, host);
    const prefix = trimSlashes(host.getGlobalPrefix());
    for (const controllerPath of pathsOf(controller)) {
      for (const handlerPath of pathsOf(handler)) {
        for (const version of versions) {
          for (const segments of [
            [prefix, version, controllerPath, handlerPath],
            // The host can except routes from its prefix.
            [version, controllerPath, handlerPath],
          ]) {
            const template = `/${segments.filter(Boolean).join('/')}`;
            this.routes.add(`${RequestMethod[method]} ${template}`);
          }
        }
      }
    }
  }
}

function pathsOf(target: Type): string[] {
  const paths: string | string[] | undefined = Reflect.getMetadata(
    'path',
    target,
  );
  return [paths ?? ''].flat().map(trimSlashes);
}

function versionSegments(
  controller: Type,
  handler: Type,
  host: Surroundings,
): string[] {
  const versioning = host.getVersioning();
  if (versioning?.type !== VersioningType.URI) {
    return [''];
  }
  const { prefix = 'v' } = versioning;
  const versions: unknown[] = [
    Reflect.getMetadata('__version__', handler) ??
      Reflect.getMetadata('__version__', controller) ??
      versioning.defaultVersion ??
      VERSION_NEUTRAL,
  ].flat();
  return versions.map((version) =>
    version === VERSION_NEUTRAL
      ? ''
      : `${prefix === false ? '' : prefix}${String(version)}`,
  );
}

function trimSlashes(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}
