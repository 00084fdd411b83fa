import type { Platform } from '../app/platform.js';
import { AppUnderTest } from '../processes/app-under-test.js';
import type { Cores } from '../processes/cores.js';
import { Load } from '../processes/load.js';
import { RedisServer } from '../processes/redis-server.js';
import type { RemoteOptions } from '../processes/remote.js';
import { startSink } from '../processes/sink.js';
import type { VariantName } from '../variants/index.js';

export interface SettingOptions {
  cores: Cores;
  /** Leaves the core of Redis to Redis alone. */
  loadBesideApp?: boolean;
  durableRedis?: boolean;
}

/** Everything that a measurement needs around the apps: Redis, the load generator, the sink. */
export class BenchSetting {
  private readonly apps: AppUnderTest[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly load: Load,
    private readonly sink: Awaited<ReturnType<typeof startSink>>,
    private readonly cores: Cores,
  ) {}

  /** Sets everything up, lets it be used, and takes it down again. */
  static async use<T>(
    { cores, loadBesideApp = false, durableRedis }: SettingOptions,
    measure: (setting: BenchSetting) => Promise<T>,
  ): Promise<T> {
    const setting = new BenchSetting(
      await RedisServer.start({ core: cores.load, durable: durableRedis }),
      await Load.start(loadBesideApp ? cores.app : cores.load),
      await startSink(),
      cores,
    );
    try {
      return await measure(setting);
    } finally {
      await setting.dispose();
    }
  }

  async startApp(
    variant: VariantName,
    platform: Platform,
    options: Omit<RemoteOptions, 'core'> = {},
  ): Promise<AppUnderTest> {
    const app = await AppUnderTest.start(
      {
        variant,
        platform,
        redisUrl: this.redis.url,
        sinkUrl: this.sink.url,
      },
      this.load,
      { ...options, core: this.cores.app },
    );
    this.apps.push(app);
    return app;
  }

  private async dispose(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.stop()));
    await this.load.stop();
    this.sink.stop();
    await this.redis.dispose();
  }
}
