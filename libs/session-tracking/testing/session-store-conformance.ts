import { afterEach, beforeEach, describe } from 'vitest';
import { describeAddressSalts } from './conformance/address-salts.js';
import { describeClients } from './conformance/clients.js';
import { describeErasingClients } from './conformance/erasing-clients.js';
import { describeErasing } from './conformance/erasing.js';
import { describeErasureRace } from './conformance/erasure-race.js';
import { describeFollowing } from './conformance/following.js';
import { describeFormerAddress } from './conformance/former-address.js';
import { describeIdentity } from './conformance/identity.js';
import { describeListing } from './conformance/listing.js';
import { describeRandomTraffic } from './conformance/random-traffic.js';
import { describeRecords } from './conformance/records.js';
import { describeRequestsById } from './conformance/requests-by-id.js';
import { describeRetries } from './conformance/retries.js';
import { describeRoutes } from './conformance/routes.js';
import { describeSampling } from './conformance/sampling.js';
import { describeSessionEnd } from './conformance/session-end.js';
import { describeSigningIn } from './conformance/signing-in.js';
import { describeUnknownIds } from './conformance/unknown-ids.js';
import { describeUsage } from './conformance/usage.js';
import {
  type HarnessFactory,
  StoreUnderTest,
} from './conformance/store-under-test.js';

export { CONFORMANCE_POLICY } from './conformance/store-under-test.js';

/** What every `SessionStore` must do, as its port says. */
export function describeSessionStore(
  name: string,
  createHarness: HarnessFactory,
): void {
  describe(`${name} session store`, () => {
    const tested = new StoreUnderTest(createHarness);
    beforeEach(() => tested.start());
    afterEach(() => tested.close());

    describeIdentity(tested);
    describeRecords(tested);
    describeRetries(tested);
    describeSessionEnd(tested);
    describeListing(tested);
    describeSigningIn(tested);
    describeAddressSalts(tested);
    describeFormerAddress(tested);
    describeSampling(tested);
    describeUsage(tested);
    describeRoutes(tested);
    describeClients(tested);
    describeRequestsById(tested);
    describeErasing(tested);
    describeErasingClients(tested);
    describeErasureRace(tested);
    describeFollowing(tested);
    describeUnknownIds(tested);
    describeRandomTraffic(tested);
  });
}
