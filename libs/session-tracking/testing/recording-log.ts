import type { TrackingLog } from '../src/tracking/tracking-log.js';

/** A log that keeps its lines, each as `level: message`. */
export class RecordingLog implements TrackingLog {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(`log: ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn: ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error: ${message}`);
  }

  /** The lines that contain a text. */
  with(text: string): string[] {
    return this.lines.filter((line) => line.includes(text));
  }
}
