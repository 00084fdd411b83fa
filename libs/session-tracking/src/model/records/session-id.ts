const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of a session; any other could name a key that is none. */
export function isSessionId(text: string): boolean {
  return UUID.test(text);
}
