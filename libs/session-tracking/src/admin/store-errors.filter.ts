import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  HttpException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';

/** Answers what could not be answered: 503 when the store is away, 400 for a wrong parameter. */
@Catch(StoreUnavailableError, InvalidQueryError)
export class StoreErrorsFilter implements ExceptionFilter {
  private readonly answer: BaseExceptionFilter;

  constructor({ httpAdapter }: HttpAdapterHost) {
    this.answer = new BaseExceptionFilter(httpAdapter);
  }

  catch(
    error: StoreUnavailableError | InvalidQueryError,
    host: ArgumentsHost,
  ): void {
    this.answer.catch(toHttpException(error), host);
  }
}

function toHttpException(
  error: StoreUnavailableError | InvalidQueryError,
): HttpException {
  return error instanceof InvalidQueryError
    ? new BadRequestException([error.message])
    : new ServiceUnavailableException('The session store is unavailable');
}
