import type { LoggerService } from '@nestjs/common';

export interface LogLine {
  readonly level: 'log' | 'warn' | 'error';
  readonly context: string;
  readonly message: string;
}

/** A logger for an app that keeps every line for the test to read. */
export class RecordedLog implements LoggerService {
  readonly lines: LogLine[] = [];

  log(message: unknown, ...rest: unknown[]): void {
    this.add('log', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.add('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.add('error', message, rest);
  }

  /** The messages of one context. */
  of(context: string): string[] {
    return this.lines
      .filter((line) => line.context === context)
      .map(({ message }) => message);
  }

  private add(
    level: LogLine['level'],
    message: unknown,
    rest: readonly unknown[],
  ): void {
    this.lines.push({
      level,
      context: rest.findLast((part) => typeof part === 'string') ?? '',
      message: String(message),
    });
  }
}
