import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Get, Inject, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { namesOfAddress } from '../analytics/address-parameter.js';
import { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import { normalizeUserId } from '../model/clients/client-identity.js';
import { AdminRoutes } from './admin-routes.decorator.js';
import { LiveQuery } from './live.query.js';
import type { LiveSelection } from './live-filter.js';
import { LiveRecords } from './live-records.js';

/** A response of Node, or what Fastify wraps around it. */
type HostResponse = ServerResponse | { raw: ServerResponse };

/** Records as they are stored. */
@AdminRoutes()
export class LiveController {
  constructor(
    private readonly records: LiveRecords,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(AddressAnonymizer)
    private readonly addresses: AddressAnonymizer,
  ) {}

  /**
   * Server-sent events, one for each record that any instance stores. A stream of our own rather than
   * `@Sse()`, which before Nest 12 keeps events without bound for a client that does not read.
   */
  @Get('live')
  async showRecords(
    @Query() query: LiveQuery,
    @Req() { method }: { method: string },
    @Res({ passthrough: true }) response: HostResponse,
  ): Promise<StreamableFile> {
    const { httpAdapter } = this.adapterHost;
    // What compresses an answer on its way would hold events back.
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store, no-transform');
    httpAdapter.setHeader(response, 'X-Accel-Buffering', 'no');
    const events =
      // An answer to HEAD has no body, and so nothing that would ever end it.
      method === 'HEAD'
        ? Readable.from([])
        : await this.records.open(
            toSelection(query, this.addresses),
            'raw' in response ? response.raw : response,
          );
    return new StreamableFile(events, { type: 'text/event-stream' });
  }
}

/** The query in the store's own spelling of user ids and addresses. */
function toSelection(
  { user_id, ip, method, route }: LiveQuery,
  addresses: AddressAnonymizer,
): LiveSelection {
  if (ip !== undefined) {
    // Refused before the answer begins.
    namesOfAddress(ip, addresses);
  }
  return {
    userId: user_id === undefined ? undefined : normalizeUserId(user_id),
    isAddress:
      ip === undefined
        ? undefined
        : (stored) =>
            namesOfAddress(ip, addresses).some((name) => name.ip === stored),
    method,
    route,
  };
}
