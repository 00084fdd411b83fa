import { describe, expect, it } from 'vitest';
import { ControllableStore } from '../../testing/controllable-store.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { DEFAULT_REDACTION } from '../../testing/record-builders.js';
import { RecordingLog } from '../../testing/recording-log.js';
import { wholeAddresses } from '../model/clients/address-anonymizer.js';
import { toStoredUserId } from '../model/clients/client-identity.js';
import { AuditLog } from './audit-log.js';
import { SessionTracker } from './session-tracker.js';

const LONG_ID = 'a'.repeat(129);

describe('the audit log', () => {
  it('names who, what and a pseudonym of whom', () => {
    const log = new RecordingLog();
    const audit = new AuditLog(log);
    audit.byUser('root\u202e', 'GET getUser', ['42']);
    audit.byUser('the application', 'GET getUser', ['43']);
    audit.byApplication('eraseClient', ['42']);
    audit.byApplication('eraseClient', ['']);
    const whom = log.lines[0]?.split(' of ')[1];
    expect(whom).toMatch(/^[\da-f]{16}$/);
    expect(log.lines).toEqual([
      String.raw`log: "root\u{202e}" GET getUser of ${whom}`,
      expect.stringMatching(
        /^log: "the application" GET getUser of [\da-f]{16}$/,
      ),
      `log: the application eraseClient of ${whom}`,
      'log: the application eraseClient',
    ]);
    expect(log.lines[1]).not.toContain(whom);
    new AuditLog(log).byApplication('eraseClient', ['42']);
    expect(log.lines[4]).not.toContain(whom);
  });

  it('has a pseudonym for each of several', () => {
    const log = new RecordingLog();
    const audit = new AuditLog(log);
    audit.byApplication('look', ['bob']);
    audit.byApplication('look', ['alice', 'bob']);
    const whom = log.lines[0]?.split(' of ')[1];
    expect(log.lines[1]).toMatch(
      new RegExp(`^log: the application look of [\\da-f]{16} ${whom}$`),
    );
  });

  it.each([
    [{ userId: '42', ip: '203.0.113.7' }, '42'],
    [{ userId: '', ip: '203.0.113.7' }, '203.0.113.7'],
    [{ ip: '203.0.113.7' }, '203.0.113.7'],
    [{ userId: JSON.parse('42') }, '42'],
    [{ ip: '::ffff:203.0.113.7' }, '203.0.113.7'],
    [{ userId: LONG_ID }, toStoredUserId(LONG_ID)],
    [
      { userId: toStoredUserId(LONG_ID), asStored: true },
      toStoredUserId(LONG_ID),
    ],
  ])('has a line for each call about %j', async (client, subject) => {
    const clock = new FakeClock();
    const log = new RecordingLog();
    const audit = new AuditLog(log);
    audit.byApplication('expected', [subject]);
    const whom = log.lines[0]?.split(' of ')[1];
    const tracker = new SessionTracker(
      new ControllableStore(() => clock.now()),
      {
        flush: { intervalMs: 50, maxBatch: 500, maxQueue: 100 },
        sampling: { rate: 1, keepErrors: true, keepSlowMs: 1000 },
        ...DEFAULT_REDACTION,
      },
      wholeAddresses,
      clock,
      new RecordingLog(),
      audit,
    );
    await tracker.exportClient(client);
    await tracker.eraseClient(client);
    expect(log.lines.slice(1)).toEqual([
      `log: the application exportClient of ${whom}`,
      `log: the application eraseClient of ${whom}`,
    ]);
  });
});
