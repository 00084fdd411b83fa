/** What a question may be about. */
export interface Subjects {
  sessionIds: readonly string[];
  requestIds: readonly string[];
}

/** One question of the admin API. */
export interface Question {
  /** As the documentation writes it. */
  name: string;
  /** Time in milliseconds within which it is to be answered, in 95 of 100 cases. */
  limitMs: number;
  /** How often it is asked. */
  times: number;
  /** What to ask for, in turn. */
  path(subjects: Subjects, turn: number): string;
}

const STEPS = 'GET /api/products,GET /api/products/:id,POST /api/cart/items';

export const QUESTIONS: readonly Question[] = [
  quick('/sessions', () => 'sessions'),
  quick('/sessions/:id', ({ sessionIds }, turn) => {
    return `sessions/${inTurn(sessionIds, turn)}`;
  }),
  quick('/endpoints', () => 'endpoints'),
  quick('/usage', () => 'usage'),
  quick('/clients', () => 'clients'),
  quick('/requests/:id', ({ requestIds }, turn) => {
    return `requests/${inTurn(requestIds, turn)}`;
  }),
  broad('/journeys', () => 'journeys'),
  broad('/funnel', () => `funnel?steps=${encodeURIComponent(STEPS)}`),
];

function quick(name: string, path: Question['path']): Question {
  return { name, limitMs: 20, times: 100, path };
}

/** Answered from the records of 2,000 sessions. */
function broad(name: string, path: Question['path']): Question {
  return { name, limitMs: 400, times: 40, path };
}

function inTurn(ids: readonly string[], turn: number): string {
  const id = ids[turn % ids.length];
  if (id === undefined) {
    throw new RangeError('There is nothing to ask about.');
  }
  return id;
}
