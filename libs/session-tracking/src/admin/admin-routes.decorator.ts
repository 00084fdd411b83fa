import {
  applyDecorators,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import * as transformerPackage from 'class-transformer';
import * as validatorPackage from 'class-validator';
import { AdminAnswersInterceptor } from './admin-answers.interceptor.js';
import { HostGuards } from './host-guards.guard.js';
import { RolesGuard } from './roles.guard.js';
import { StoreErrorsFilter } from './store-errors.filter.js';

/**
 * For a controller of the admin API: it answers nobody but users with one of `admin.roles`, whom the
 * host's own guards have authenticated.
 */
export function AdminRoutes(): ClassDecorator {
  return applyDecorators(
    UseGuards(HostGuards, RolesGuard),
    UseInterceptors(AdminAnswersInterceptor),
    UseFilters(StoreErrorsFilter),
    UsePipes(
      // The packages are handed over because a strict package manager hides ours from Nest.
      new ValidationPipe({
        transform: true,
        whitelist: true,
        forbidNonWhitelisted: true,
        // One line for each parameter: what else is wrong follows from the first.
        stopAtFirstError: true,
        validatorPackage,
        transformerPackage,
      }),
    ),
  );
}
