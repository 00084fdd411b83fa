import {
  type RequestMethod,
  type Type,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import type {
  ApplicationConfig,
  DiscoveryService,
  MetadataScanner,
  ModulesContainer,
  Reflector,
} from '@nestjs/core';
import { SKIP_TRACKING } from '../model/records/skip-tracking.js';

/** A handler of the application with the templates of its routes, as the platform names them. */
export interface RouteHandler {
  readonly method: RequestMethod;
  readonly templates: readonly string[];
  readonly skipped: boolean;
}

/** What Nest knows about the application's controllers. */
export interface ApplicationMap {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly reflector: Reflector;
  readonly modules: ModulesContainer;
  readonly config: Pick<ApplicationConfig, 'getGlobalPrefix' | 'getVersioning'>;
}

/** Every handler that answers HTTP requests. */
export function* findRouteHandlers(
  application: ApplicationMap,
): Generator<RouteHandler> {
  const { discovery, scanner, reflector, modules, config } = application;
  for (const { metatype, host } of discovery.getControllers()) {
    if (typeof metatype !== 'function') {
      continue;
    }
    const modulePath: string = host
      ? (Reflect.getMetadata(
          `__module_path__${modules.applicationId}`,
          host.metatype,
        ) ?? '')
      : '';
    const prototype: Record<string, unknown> = metatype.prototype;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[name];
      if (typeof handler !== 'function') {
        continue;
      }
      const method: RequestMethod | undefined = Reflect.getMetadata(
        'method',
        handler,
      );
      if (method !== undefined) {
        yield {
          method,
          templates: templatesOf(modulePath, metatype, handler, config),
          skipped:
            reflector.getAllAndOverride(SKIP_TRACKING, [
              handler as Type,
              metatype,
            ]) === true,
        };
      }
    }
  }
}

function templatesOf(
  modulePath: string,
  controller: object,
  handler: object,
  config: ApplicationMap['config'],
): string[] {
  // The host can except routes from its prefix.
  const prefixes = new Set([config.getGlobalPrefix(), '']);
  const templates: string[] = [];
  for (const prefix of prefixes) {
    for (const version of versionSegments(controller, handler, config)) {
      for (const controllerPath of pathsOf(controller)) {
        for (const handlerPath of pathsOf(handler)) {
          const segments = [prefix, version, modulePath]
            .concat(controllerPath, handlerPath)
            .map(trimSlashes);
          templates.push(`/${segments.filter(Boolean).join('/')}`);
        }
      }
    }
  }
  return templates;
}

function pathsOf(target: object): string[] {
  const paths: string | string[] | undefined = Reflect.getMetadata(
    'path',
    target,
  );
  return [paths ?? ''].flat();
}

function versionSegments(
  controller: object,
  handler: object,
  config: ApplicationMap['config'],
): string[] {
  const versioning = config.getVersioning();
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
