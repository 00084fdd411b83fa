import { askForRecommendations } from './visits/ask-for-recommendations.js';
import { browse } from './visits/browse.js';
import { buyOnTheMove } from './visits/buy-on-the-move.js';
import { hangUp } from './visits/hang-up.js';
import { probe } from './visits/probe.js';
import { runIntoErrors } from './visits/run-into-errors.js';
import type { Visit } from './visits/visit.js';

export interface Part {
  name: string;
  clients: readonly { address: string; visit: Visit }[];
}

// All addresses are of the ranges kept for documentation: they belong to nobody.
const ALICE = ['203.0.113.10', '198.51.100.77', '2001:db8:a11c:e::1'];
const BOB = ['203.0.113.20', '192.0.2.45'];

export const CAST: readonly Part[] = [
  {
    name: 'anonymous visitors',
    clients: [
      { address: '192.0.2.1', visit: browse },
      { address: '192.0.2.2', visit: browse },
      { address: '192.0.2.3', visit: browse },
      { address: '2001:db8:beef::4', visit: browse },
    ],
  },
  {
    name: 'customers on the move (alice, bob)',
    clients: [
      { address: '203.0.113.10', visit: buyOnTheMove('alice', ALICE) },
      { address: '203.0.113.20', visit: buyOnTheMove('bob', BOB) },
    ],
  },
  {
    name: 'customer of the slow endpoint (carol)',
    clients: [{ address: '198.51.100.30', visit: askForRecommendations }],
  },
  {
    name: 'customer out of luck (erin)',
    clients: [{ address: '198.51.100.50', visit: runIntoErrors }],
  },
  {
    name: 'client that hangs up',
    clients: [{ address: '192.0.2.60', visit: hangUp }],
  },
  {
    name: 'scanner',
    clients: [{ address: '203.0.113.66', visit: probe }],
  },
];
