import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { ClientExportStream } from '../analytics/client-export.js';

/** A JSON document that a browser saves under a name. */
export function toDownload(document: object, fileName: string): StreamableFile {
  return new StreamableFile(
    Buffer.from(JSON.stringify(document)),
    savedAs(fileName),
  );
}

/** The export of a client, written as it is read: nobody holds all of its sessions at once. */
export function toClientDownload(
  document: ClientExportStream,
  fileName: string,
): StreamableFile {
  return new StreamableFile(
    Readable.from(writeJson(document), { objectMode: false }),
    savedAs(fileName),
  );
}

/** @param fileName of letters, digits, dots and hyphens: what else a header may mean stays out */
function savedAs(fileName: string): { type: string; disposition: string } {
  return {
    type: 'application/json; charset=utf-8',
    disposition: `attachment; filename="${fileName}"`,
  };
}

async function* writeJson({
  sessions,
  ...head
}: ClientExportStream): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"sessions":[`;
  let separator = '';
  for await (const history of sessions) {
    yield separator + JSON.stringify(history);
    separator = ',';
  }
  yield ']}';
}
