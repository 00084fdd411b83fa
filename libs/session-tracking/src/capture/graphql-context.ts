import type { ExecutionContext } from '@nestjs/common';

/** A GraphQL resolver's call, as far as tracking looks at it. */
export interface GraphqlCall {
  /** The HTTP request that carried the operation. */
  readonly request: object | undefined;
  /** Name of the operation, or of the field when it is anonymous. */
  readonly operation: string | undefined;
}

interface ResolverContext {
  req?: object;
  request?: object;
}

interface ResolverInfo {
  fieldName?: string;
  operation?: { name?: { value?: string } };
}

const MAX_NAME_LENGTH = 128;

/** The call behind a context that `@nestjs/graphql` made; undefined for any other. */
export function graphqlCallOf(
  context: ExecutionContext,
): GraphqlCall | undefined {
  if (context.getType<string>() !== 'graphql') {
    return undefined;
  }
  const [, , resolverContext, info] =
    context.getArgs<[unknown, unknown, ResolverContext?, ResolverInfo?]>();
  const name = info?.operation?.name?.value ?? info?.fieldName;
  return {
    request: resolverContext?.req ?? resolverContext?.request,
    operation: name?.slice(0, MAX_NAME_LENGTH),
  };
}
