import { InvalidSettingError } from './settings.js';

/** Mistakes of whoever starts the shop get one line that says what to do; everything else its stack. */
export function startupFailure(error: unknown): unknown {
  if (error instanceof InvalidSettingError) {
    return error.message;
  }
  if (isListenError(error) && error.code === 'EADDRINUSE') {
    return `Port ${error.port} is already in use. Choose another one: PORT=${error.port + 1} npm start`;
  }
  if (isListenError(error) && error.code === 'EACCES') {
    return `Port ${error.port} is not allowed to this user. Choose one above 1023: PORT=3000 npm start`;
  }
  return error;
}

function isListenError(
  error: unknown,
): error is NodeJS.ErrnoException & { port: number } {
  return error instanceof Error && 'code' in error && 'port' in error;
}
