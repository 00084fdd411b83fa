import { OUTCOMES, Tally } from './tally.js';

export interface RoleResult {
  name: string;
  tally: Tally;
}

const NAME_WIDTH = 40;
const COUNT_WIDTH = 12;

export function trafficSummary(results: readonly RoleResult[]): string {
  const total = Tally.sum(results.map(({ tally }) => tally));
  return [
    row('client', ['requests', ...OUTCOMES]),
    ...results.map(({ name, tally }) => row(name, counts(tally))),
    row('all', counts(total)),
  ].join('\n');
}

function counts(tally: Tally): number[] {
  return [tally.total, ...OUTCOMES.map((outcome) => tally.count(outcome))];
}

function row(name: string, cells: readonly (string | number)[]): string {
  const columns = cells.map((cell) => String(cell).padStart(COUNT_WIDTH));
  return name.padEnd(NAME_WIDTH) + columns.join('');
}
