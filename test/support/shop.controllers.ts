import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  type MessageEvent,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { concat, NEVER, type Observable, of } from 'rxjs';
import { ForbidGuard, RefuseGuard } from './guards.js';
import { Signals } from './signals.js';

/** How long the slow answers of the shop take at least, in milliseconds. */
export const SLOW_MS = 60;

/** Both platforms' responses, as far as the shop uses them. */
interface PlatformResponse {
  status(code: number): { send(body: unknown): unknown };
}

export class PriceList extends Error {}

@Controller('things')
export class ThingsController {
  /** How many requests have reached the gate. */
  gatedRequests = 0;

  constructor(private readonly signals: Signals) {}

  @Get()
  list(): string[] {
    return ['lamp', 'chair'];
  }

  @Post()
  create(@Body() body: object): object {
    return body;
  }

  @Get('res')
  answerByHand(@Res() response: PlatformResponse): void {
    response.status(202).send({ by: 'hand' });
  }

  @Get('passthrough')
  setStatusOnly(
    @Res({ passthrough: true }) response: PlatformResponse,
  ): object {
    response.status(203);
    return { by: 'Nest' };
  }

  @Get('file')
  download(): StreamableFile {
    return new StreamableFile(Readable.from(slowly(['first ', 'last'])));
  }

  @Get('endless')
  streamForEver(): StreamableFile {
    return new StreamableFile(Readable.from(chunkAndWait()));
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return concat(of({ data: 'hello' }), NEVER);
  }

  @Get('gated')
  async waitForTheTest(): Promise<string> {
    this.gatedRequests += 1;
    this.signals.give('handler entered');
    await this.signals.reached('handler may go on');
    return 'at last';
  }

  @Get('other-gate')
  async waitForTheTestToo(): Promise<string> {
    this.signals.give('other handler entered');
    await this.signals.reached('handler may go on');
    return 'at last';
  }

  @Get('slow')
  async beSlow(): Promise<string> {
    await delay(SLOW_MS);
    return 'slow';
  }

  @Get('throws')
  throwError(): never {
    throw new PriceList('The price list is on fire');
  }

  @Get('conflict')
  throwHttpException(): never {
    throw new ConflictException('Somebody was faster');
  }

  @Get('rejects')
  async reject(): Promise<never> {
    await delay(1);
    throw new PriceList('The price list burnt down');
  }

  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

@Controller('refused')
@UseGuards(RefuseGuard)
export class RefusedController {
  @Get(':id')
  find(): string {
    return 'never seen';
  }
}

@Controller('forbidden')
@UseGuards(ForbidGuard)
export class ForbiddenController {
  @Get(':id')
  find(): string {
    return 'never seen';
  }
}

@Controller('handlers')
export class GuardedHandlersController {
  @Get('refused')
  @UseGuards(RefuseGuard)
  refused(): string {
    return 'never seen';
  }

  @Get('forbidden')
  @UseGuards(ForbidGuard)
  forbidden(): string {
    return 'never seen';
  }
}

async function* slowly(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await delay(SLOW_MS);
  }
}

async function* chunkAndWait(): AsyncGenerator<string> {
  yield 'first';
  await new Promise(() => undefined);
}
