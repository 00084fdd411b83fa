import { createHmac, randomBytes } from 'node:crypto';
import { quoteVisibly } from '../errors/quote-visibly.js';
import type { TrackingLog } from './tracking-log.js';

/** Who asked when it was the host's own code; without quotes, so that no user can be called so. */
const APPLICATION = 'the application';

/** Writes a line for each access to what is held about people: who, what, about whom. */
export class AuditLog {
  /** Random, because the hash of an address could be undone by trying all of them. */
  private readonly key = randomBytes(32);

  constructor(private readonly log: Pick<TrackingLog, 'log'>) {}

  /** @param subjects whom it is about, each in its one spelling; none for nobody in particular */
  byUser(user: string, action: string, subjects: readonly string[]): void {
    this.write(quoteVisibly(user), action, subjects);
  }

  byApplication(action: string, subjects: readonly string[]): void {
    this.write(APPLICATION, action, subjects);
  }

  private write(
    who: string,
    action: string,
    subjects: readonly string[],
  ): void {
    const pseudonyms = subjects
      .filter((subject) => subject !== '')
      .map((subject) => this.pseudonym(subject));
    const whom = pseudonyms.length === 0 ? '' : ` of ${pseudonyms.join(' ')}`;
    this.log.log(`${who} ${action}${whom}`);
  }

  /** Tells which lines are about the same client, not which client that is. */
  private pseudonym(subject: string): string {
    return createHmac('sha256', this.key)
      .update(subject)
      .digest('hex')
      .slice(0, 16);
  }
}
