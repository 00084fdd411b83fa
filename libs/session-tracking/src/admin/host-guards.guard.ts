import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { AdminGuardError } from '../errors/admin-guard.error.js';
import {
  RESOLVED_STRUCTURE,
  type ResolvedStructure,
} from '../options/resolved-options.js';

/**
 * Runs the guards of `admin.guards` in order. They are taken from where the host provides them, so a
 * guard may depend on services of a module that this one does not import.
 */
@Injectable()
export class HostGuards implements CanActivate, OnModuleInit {
  private guards: CanActivate[] | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(RESOLVED_STRUCTURE) private readonly structure: ResolvedStructure,
  ) {}

  /** @throws AdminGuardError when a guard cannot be built */
  async onModuleInit(): Promise<void> {
    await this.resolveGuards();
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    for (const guard of this.guards ?? (await this.resolveGuards())) {
      const verdict = guard.canActivate(context);
      const passes = isObservable(verdict)
        ? await lastValueFrom(verdict, { defaultValue: false })
        : await verdict;
      if (!passes) {
        return false;
      }
    }
    return true;
  }

  private async resolveGuards(): Promise<CanActivate[]> {
    const { admin } = this.structure;
    this.guards = await Promise.all(
      (admin === false ? [] : admin.guards).map(async (guard) =>
        typeof guard === 'function' ? await this.build(guard) : guard,
      ),
    );
    return this.guards;
  }

  private async build(guard: Type<CanActivate>): Promise<CanActivate> {
    try {
      return this.moduleRef.get(guard, { strict: false });
    } catch {
      // The host lists it in no module: it is built here, from what this module can see.
    }
    try {
      return await this.moduleRef.create(guard);
    } catch (cause) {
      throw new AdminGuardError(guard.name, cause);
    }
  }
}
