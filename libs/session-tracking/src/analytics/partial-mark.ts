import type { SessionInfo } from '../model/records/records.js';

/** Stands on what is told of a session that is not whole. */
export interface PartialMark {
  /** True when sampling left the client out: only its errors and slow requests are known. */
  partial?: true;
}

/** The mark of a session; empty where it is whole. */
export function partialMark({
  partial,
}: Pick<SessionInfo, 'partial'>): PartialMark {
  return partial === true ? { partial } : {};
}
