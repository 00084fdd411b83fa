import { EventEmitter, once } from 'node:events';

/** Lets a test and a handler of its app wait for each other. */
export class Signals {
  private readonly given = new Set<string>();
  private readonly emitter = new EventEmitter();

  /** Resolves once the signal has been given, also when that was before. */
  async reached(name: string): Promise<void> {
    if (!this.given.has(name)) {
      await once(this.emitter, name);
    }
  }

  give(name: string): void {
    this.given.add(name);
    this.emitter.emit(name);
  }
}
