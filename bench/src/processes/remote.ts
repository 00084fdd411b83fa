import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Answer, type Operations, READY } from './child.js';
import { type Core, startProcess } from './start-process.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface RemoteOptions {
  core?: Core;
  nodeOptions?: readonly string[];
}

/** A script of this package in a process of its own, whose operations can be called. */
export class Remote<O extends Operations> {
  private readonly pending = new Map<number, Pending>();
  private lastId = READY;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (message) => this.settle(message as Answer));
    child.on('exit', () => this.fail());
  }

  /** Resolves when the script serves its operations. */
  static async start<O extends Operations>(
    script: URL,
    argument: unknown,
    { core, nodeOptions = [] }: RemoteOptions = {},
  ): Promise<Remote<O>> {
    const command = [
      process.execPath,
      ...nodeOptions,
      fileURLToPath(script),
      JSON.stringify(argument),
    ];
    const child = startProcess(command, {
      core,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const remote = new Remote<O>(script.pathname, child);
    await remote.answerTo(READY);
    return remote;
  }

  async call<K extends keyof O & string>(
    operation: K,
    ...[argument]: Parameters<O[K]>
  ): Promise<Awaited<ReturnType<O[K]>>> {
    const id = ++this.lastId;
    const answer = this.answerTo(id);
    this.child.send({ id, operation, argument });
    return (await answer) as Awaited<ReturnType<O[K]>>;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill();
      await exited;
    }
  }

  private answerTo(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
    });
  }

  private settle({ id, value, error }: Answer): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) {
      pending?.resolve(value);
    } else {
      pending?.reject(new Error(`${this.name}: ${error}`));
    }
  }

  private fail(): void {
    for (const pending of this.pending.values()) {
      pending.reject(new Error(`${this.name} ended before it answered.`));
    }
    this.pending.clear();
  }
}
