import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import { joinExchanges } from './join-exchanges.js';

const request = (request_id: string, path = '/') =>
  requestRecord({ request_id, path });
const response = (request_id: string, status_code = 200) =>
  responseRecord({ request_id, status_code });

function pairs(
  joined: ReturnType<typeof joinExchanges>,
): [string, number | null][] {
  return joined.map((each) => [
    each.request.path,
    each.response?.status_code ?? null,
  ]);
}

describe('joining requests with responses', () => {
  it('goes by the id, in the order of the requests', () => {
    expect(
      pairs(
        joinExchanges(
          [request('a', '/a'), request('b', '/b'), request('c', '/c')],
          [response('c', 203), response('a', 201)],
        ),
      ),
    ).toEqual([
      ['/a', 201],
      ['/b', null],
      ['/c', 203],
    ]);
  });

  it('leaves out responses whose request is gone', () => {
    expect(joinExchanges([], [response('a')])).toEqual([]);
  });

  it('gives each response away once where an id repeats', () => {
    expect(
      pairs(
        joinExchanges(
          [request('a', '/1'), request('a', '/2'), request('a', '/3')],
          [response('a', 201), response('a', 202), response('a', 203)],
        ),
      ),
    ).toEqual([
      ['/1', 201],
      ['/2', 202],
      ['/3', 203],
    ]);
  });

  it('joins the last with the last, because heads are trimmed', () => {
    expect(
      pairs(
        joinExchanges(
          [request('a', '/2'), request('a', '/3')],
          [response('a', 201), response('a', 202), response('a', 203)],
        ),
      ),
    ).toEqual([
      ['/2', 202],
      ['/3', 203],
    ]);
    expect(
      pairs(
        joinExchanges(
          [request('a', '/1'), request('a', '/2')],
          [response('a', 202)],
        ),
      ),
    ).toEqual([
      ['/1', null],
      ['/2', 202],
    ]);
  });

  it('knows __proto__ as an id like any other', () => {
    expect(
      pairs(
        joinExchanges(
          [request('__proto__', '/1'), request('constructor', '/2')],
          [response('__proto__', 500)],
        ),
      ),
    ).toEqual([
      ['/1', 500],
      ['/2', null],
    ]);
  });

  it('changes neither list, and finds every pair that was never cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { maxLength: 30 }),
        fc.nat(10),
        fc.nat(10),
        (ids, cutRequests, cutResponses) => {
          const requests = ids.map((id, i) => request(String(id), `/${i}`));
          const responses = ids.map((id, i) => response(String(id), i));
          const kept = [
            Object.freeze(requests.slice(cutRequests)),
            Object.freeze(responses.slice(cutResponses)),
          ] as const;
          const joined = joinExchanges(...kept);
          expect(joined.map((each) => each.request)).toEqual(kept[0]);
          joined.forEach((each, index) => {
            const position = index + cutRequests;
            expect(each.response).toEqual(
              position < cutResponses ? null : responses[position],
            );
          });
        },
      ),
    );
  });
});
