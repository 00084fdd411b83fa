import type { AppendedBatch, RecordBatch } from '../session-store.js';
import { ExpiringMap } from './expiring-map.js';

/** Most writers whose last batch is remembered. */
const MAX_WRITERS = 1000;

const WRITER_TTL_SECONDS = 86_400;

/** The last batch of a writer, and the answers that a retry may ask for again. */
interface WriterEntry {
  readonly sequence: number;
  readonly answers: Map<number, AppendedBatch>;
}

/** Remembers which batches were stored, so that none is stored twice or before its turn. */
export class MemoryWriters {
  private readonly writers: ExpiringMap<WriterEntry>;

  constructor(now: () => number) {
    this.writers = new ExpiringMap(MAX_WRITERS, now);
  }

  /** What a batch was answered when it was stored; undefined when it was not. */
  answerOf(batch: RecordBatch): AppendedBatch | undefined {
    const writer = this.writers.get(batch.writer);
    return writer === undefined || writer.sequence < batch.sequence
      ? undefined
      : (writer.answers.get(batch.sequence) ?? forgottenAnswer(batch));
  }

  /** Whether everything that must be stored before a batch is. */
  isNext({ writer }: RecordBatch, follows: number | undefined): boolean {
    return (
      follows === undefined || this.writers.get(writer)?.sequence === follows
    );
  }

  remember(
    batch: RecordBatch,
    follows: number | undefined,
    answer: AppendedBatch,
  ): void {
    const answers =
      follows === undefined
        ? undefined
        : this.writers.get(batch.writer)?.answers;
    this.writers.set(
      batch.writer,
      {
        sequence: batch.sequence,
        answers: (answers ?? new Map<number, AppendedBatch>()).set(
          batch.sequence,
          answer,
        ),
      },
      WRITER_TTL_SECONDS,
    );
  }
}

function forgottenAnswer({ exchanges }: RecordBatch): AppendedBatch {
  return {
    exchanges: exchanges.map(() => ({ outcome: 'stored', sessionId: '' })),
  };
}
