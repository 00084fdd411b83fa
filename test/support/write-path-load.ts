import { setTimeout as wait } from 'node:timers/promises';
import { Controller, Get, HttpException, Param } from '@nestjs/common';
import { expect } from 'vitest';
import type { TestApp } from './boot-test-app.js';

/** A controller whose every answer differs, so that an answer that tracking changed shows. */
@Controller('load')
export class LoadController {
  @Get('ok/:number')
  ok(@Param('number') number: string): string {
    return `ok ${number}`;
  }

  @Get('teapot/:number')
  teapot(@Param('number') number: string): never {
    throw new HttpException(`teapot ${number}`, 418);
  }

  @Get('boom/:number')
  boom(@Param('number') number: string): never {
    throw new Error(`boom ${number}`);
  }
}

const ANSWERS = [
  { path: 'load/ok', status: 200, says: 'ok' },
  { path: 'load/teapot', status: 418, says: 'teapot' },
  { path: 'load/boom', status: 500, says: 'Internal server error' },
  { path: 'load/missing', status: 404, says: 'Cannot GET' },
] as const;

/** Clients that ask at once. */
const CLIENTS = 4;

/** Pause of a client between two requests, in milliseconds. */
const PACE_MS = 4;

/** Requests without end to an app, each of whose answers is checked. */
export class SteadyLoad {
  answered = 0;
  /** Most records that waited at once. */
  longestQueue = 0;
  readonly durationsMs: number[] = [];
  private readonly wrong: string[] = [];
  private running = true;
  private readonly clients: Promise<void>[];

  constructor(private readonly app: TestApp) {
    this.clients = Array.from({ length: CLIENTS }, () => this.ask());
  }

  /** Ends the load and gives back what was answered wrongly. */
  async stop(): Promise<string[]> {
    this.running = false;
    await Promise.all(this.clients);
    return this.wrong;
  }

  /** The time within which nearly all requests were answered, in milliseconds. */
  get p95Ms(): number {
    const sorted = this.durationsMs.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  }

  private async ask(): Promise<void> {
    while (this.running) {
      const number = this.answered;
      this.answered += 1;
      const expected = ANSWERS[number % ANSWERS.length] ?? ANSWERS[0];
      try {
        const { status, text, elapsedMs } = await this.app.http.get(
          `/${expected.path}/${number}`,
        );
        this.durationsMs.push(elapsedMs);
        if (status !== expected.status || !text.includes(expected.says)) {
          this.wrong.push(`${expected.path}/${number}: ${status} ${text}`);
        }
      } catch (error) {
        this.wrong.push(`${expected.path}/${number}: ${String(error)}`);
      }
      const { queued } = this.app.tracker.stats();
      this.longestQueue = Math.max(this.longestQueue, queued);
      await wait(PACE_MS);
    }
  }
}

/** Counts the records of an app in Redis in two ways and checks that they agree. */
export async function countStored(app: TestApp): Promise<number> {
  const sessions = await app.stored.all();
  let counted = 0;
  let listed = 0;
  for (const { info, requests, responses } of sessions) {
    counted += Number(info['request_count']) + Number(info['response_count']);
    listed += requests.length + responses.length;
  }
  expect(listed).toBe(counted);
  return counted;
}
