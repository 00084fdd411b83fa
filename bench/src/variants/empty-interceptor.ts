import type {
  CallHandler,
  ExecutionContext,
  NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Observable } from 'rxjs';
import type { SetUp } from './variant.js';

/** What Nest itself takes for a global interceptor. */
class EmptyInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle();
  }
}

export const setUp: SetUp = () => ({
  providers: [{ provide: APP_INTERCEPTOR, useClass: EmptyInterceptor }],
});
