import { Controller, Get, Param, Sse } from '@nestjs/common';
import { interval, map, type Observable } from 'rxjs';

/** Holds every request until a test lets them go. */
@Controller('held')
export class HeldController {
  entered = 0;
  private readonly waiting: (() => void)[] = [];
  private released = false;

  @Sse('stream')
  stream(): Observable<{ data: string }> {
    return interval(20).pipe(map((count) => ({ data: String(count) })));
  }

  @Get(':number')
  async hold(@Param('number') number: string): Promise<string> {
    this.entered += 1;
    if (!this.released) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    return `held ${number}`;
  }

  release(): void {
    this.released = true;
    this.waiting.splice(0).forEach((letGo) => letGo());
  }
}
