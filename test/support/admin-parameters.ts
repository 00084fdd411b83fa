import { RequestMethod, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import type { TestApp } from './boot-test-app.js';

/**
 * What each admin route of an app takes, by method and template (`GET sessions/:id`): the names in its
 * path and its query string, read from the controllers so that none is forgotten.
 */
export function adminParameters({ app }: TestApp): Record<string, string[]> {
  const controllers = [...app.get(ModulesContainer).values()].flatMap(
    (module) => [...module.controllers.values()],
  );
  return Object.fromEntries(
    controllers.flatMap(({ metatype }) =>
      typeof metatype === 'function' &&
      Reflect.getMetadata('path', metatype) === 'admin/analytics'
        ? routesOf(metatype.prototype)
        : [],
    ),
  );
}

function routesOf(prototype: object): [string, string[]][] {
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .flatMap((name): [string, string[]][] => {
      const handler: object = Reflect.get(prototype, name);
      const template: unknown = Reflect.getMetadata('path', handler);
      return typeof template === 'string'
        ? [
            [
              `${RequestMethod[Reflect.getMetadata('method', handler)]} ${template}`,
              [
                ...namesIn(prototype, name),
                ...propertiesIn(prototype, name),
              ].toSorted(),
            ],
          ]
        : [];
    });
}

/** Of `@Param('id')` and the like. */
function namesIn(prototype: object, handler: string): string[] {
  const parameters: Record<string, { data?: unknown }> =
    Reflect.getMetadata('__routeArguments__', prototype.constructor, handler) ??
    {};
  return Object.values(parameters)
    .map(({ data }) => data)
    .filter((data) => typeof data === 'string');
}

/** Of the classes to which a query string is checked. */
function propertiesIn(prototype: object, handler: string): string[] {
  const types: Type[] =
    Reflect.getMetadata('design:paramtypes', prototype, handler) ?? [];
  const rules = types.flatMap((type) =>
    getMetadataStorage().getTargetValidationMetadatas(type, '', false, false),
  );
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
