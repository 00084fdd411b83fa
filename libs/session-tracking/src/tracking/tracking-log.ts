/** Where the tracker says what an operator must know; Nest's `Logger` fits. */
export interface TrackingLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
