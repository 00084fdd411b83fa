/** Base of every error this package throws: catch it to catch them all. */
export class SessionTrackingError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
