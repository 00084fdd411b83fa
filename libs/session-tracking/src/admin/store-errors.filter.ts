import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  HttpException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { InvalidCursorError } from '../errors/invalid-cursor.error.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';

/** Answers what the store could not: 503 when it is away, 400 for a cursor it never gave. */
@Catch(StoreUnavailableError, InvalidCursorError)
export class StoreErrorsFilter implements ExceptionFilter {
  private readonly answer: BaseExceptionFilter;

  constructor({ httpAdapter }: HttpAdapterHost) {
    this.answer = new BaseExceptionFilter(httpAdapter);
  }

  catch(
    error: StoreUnavailableError | InvalidCursorError,
    host: ArgumentsHost,
  ): void {
    this.answer.catch(toHttpException(error), host);
  }
}

function toHttpException(
  error: StoreUnavailableError | InvalidCursorError,
): HttpException {
  return error instanceof InvalidCursorError
    ? new BadRequestException([error.message])
    : new ServiceUnavailableException('The session store is unavailable');
}
