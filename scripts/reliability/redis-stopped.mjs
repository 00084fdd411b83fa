// The app must not notice that Redis is stopped: p99 of its requests within 10 % of an app whose Redis
// is healthy, heap flat, tracking back within 2 s, accounting exact.
//
//   npm run build:library && node scripts/reliability/redis-stopped.mjs [--seconds 60] [--rate 500]
//
// On each platform two apps live at once, one on a Redis that is stopped with SIGSTOP. They take the
// load in short turns, so that a machine that drifts or is shared weighs on both alike; a control before
// it, with both healthy, shows how far the same measurement differs when there is nothing to find.
// The p99 that counts is the median of the p99 of the turns: a moment in which the machine was busy with
// something else spoils a turn, not the run. The range beside its ratio holds it with 95 % confidence
// (turns drawn again and again from those measured): where the limit lies inside, a longer run decides.
//
// Prints a table and ends with 1 when a promise is broken.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '500' },
  },
});
const STOPPED_MS = Number(values.seconds) * 1000;
const RATE = Number(values.rate);

const TURN_MS = 1000;
const WARM_UP_MS = 6000;
const CLIENTS = 10_000;
const MOST_P99_RATIO = 1.1;
/** How often turns are drawn again. */
const DRAWS = 2000;
const RESUME_LIMIT_MS = 2000;
/** What the heap may grow by once the queue is full, and keep when all is over. */
const HEAP_SLACK_BYTES = 3 * 1024 * 1024;

const rows = [];
const broken = [];
const endings = [];
// What is started here ends here, whatever happens.
process.once('exit', () => endings.forEach((end) => end()));

for (const platform of ['express', 'fastify']) {
  await measure(platform);
}
printTable(rows);
for (const promise of broken) {
  console.log(`BROKEN: ${promise}`);
}
process.exit(broken.length > 0 ? 1 : 0);

async function measure(platform) {
  const [healthyRedis, stoppedRedis] = [await startRedis(), await startRedis()];
  const healthy = await startHost(platform, healthyRedis);
  const stopped = await startHost(platform, stoppedRedis);
  const pair = [healthy, stopped];

  await inTurns(pair, WARM_UP_MS);
  const control = compare(await inTurns(pair, STOPPED_MS));
  const before = await stopped.state();
  await healthy.state();

  stoppedRedis.child.kill('SIGSTOP');
  const filling = await inTurns(pair, STOPPED_MS / 2);
  const full = await stopped.state();
  const rest = await inTurns(pair, STOPPED_MS / 2);
  const end = await stopped.state();
  const healthyEnd = await healthy.state();
  const outcome = compare(
    filling.map((turns, position) => turns.concat(rest[position])),
  );

  const curedAt = performance.now();
  stoppedRedis.child.kill('SIGCONT');
  let after = await stopped.state();
  while (!after.stats.storeAvailable && performance.now() - curedAt < 20_000) {
    await wait(5);
    after = await stopped.state();
  }
  const resumedMs = performance.now() - curedAt;
  while (after.stats.queued > 0 && performance.now() - curedAt < 30_000) {
    await wait(20);
    after = await stopped.state();
  }
  const inRedis = await countRecords(stoppedRedis);
  const { accepted, stored, dropped, queued } = after.stats;

  const expectPromise = (holds, text) => {
    if (!holds) {
      broken.push(`${platform}: ${text}`);
    }
  };
  expectPromise(
    outcome.ratio <= MOST_P99_RATIO,
    `p99 with Redis stopped is ${rangeOf(outcome)} times the healthy one`,
  );
  expectPromise(outcome.failed === 0, `${outcome.failed} requests failed`);
  expectPromise(
    full.stats.queued <= 10_000 && end.stats.queued <= 10_000,
    `the queue held ${end.stats.queued} records`,
  );
  expectPromise(
    end.heapUsed - full.heapUsed <= HEAP_SLACK_BYTES,
    `the heap grew by ${mebibytes(end.heapUsed - full.heapUsed)} MiB in the second half`,
  );
  expectPromise(
    after.heapUsed - before.heapUsed <= HEAP_SLACK_BYTES,
    `the heap kept ${mebibytes(after.heapUsed - before.heapUsed)} MiB`,
  );
  expectPromise(resumedMs <= RESUME_LIMIT_MS, `resumed after ${resumedMs} ms`);
  expectPromise(
    accepted === stored + dropped && queued === 0 && inRedis === stored,
    `accepted ${accepted}, stored ${stored}, dropped ${dropped}, queued ${queued}, in Redis ${inRedis}`,
  );

  rows.push({
    platform,
    'requests per app': outcome.requests,
    'p50 ms, healthy / stopped': both(outcome.p50),
    'p99 ms, healthy / stopped': both(outcome.p99),
    'p99 ratio': rangeOf(outcome),
    'p99 ratio of the control': rangeOf(control),
    'p99 ratio over all requests, control': `${outcome.pooledRatio.toFixed(3)}, ${control.pooledRatio.toFixed(3)}`,
    'event loop p99 ms, healthy / stopped': both(
      [healthyEnd, end].map(({ loopDelayP99Ms }) => loopDelayP99Ms),
    ),
    'heap MiB, before / full / end / after': [before, full, end, after]
      .map(({ heapUsed }) => mebibytes(heapUsed))
      .join(' / '),
    'resumed ms': Math.round(resumedMs),
    'accepted = stored + dropped': `${accepted} = ${stored} + ${dropped}`,
    'in Redis': inRedis,
  });
  await Promise.all(pair.map((host) => host.close()));
  await Promise.all([healthyRedis.stop(), stoppedRedis.stop()]);
}

/** Loads one app after the other for a short turn each; gives back the durations of each, by turn. */
async function inTurns(hosts, durationMs) {
  const durations = hosts.map(() => []);
  for (let passed = 0, turn = 0; passed < durationMs; passed += TURN_MS) {
    const order = turn % 2 === 0 ? [0, 1] : [1, 0];
    for (const position of order) {
      durations[position].push(await load(hosts[position], TURN_MS / 2));
    }
    turn += 1;
  }
  return durations;
}

/** Sends at a fixed rate, however long answers take, and waits for all of them. */
async function load(host, durationMs) {
  const startedAt = performance.now();
  const pending = [];
  for (let sent = 0; sent < (RATE * durationMs) / 1000; sent += 1) {
    const dueAt = startedAt + (sent * 1000) / RATE;
    const early = dueAt - performance.now();
    if (early > 0) {
      await wait(early);
    }
    pending.push(ask(host));
  }
  return Promise.all(pending);
}

/** Milliseconds until the answer was whole; Infinity when it was not the right one. */
function ask(host) {
  host.asked += 1;
  const client = host.asked % CLIENTS;
  return new Promise((settle) => {
    const startedAt = performance.now();
    const outgoing = request(
      {
        port: host.port,
        path: `/items/${client}`,
        agent: host.agent,
        headers: {
          'x-forwarded-for': `10.1.${client >> 8}.${client & 255}`,
        },
      },
      (response) => {
        response.resume();
        response.once('end', () =>
          settle(
            response.statusCode === 200
              ? performance.now() - startedAt
              : Number.POSITIVE_INFINITY,
          ),
        );
      },
    );
    outgoing.once('error', () => settle(Number.POSITIVE_INFINITY));
    outgoing.end();
  });
}

/** Compares what two apps took; each is given as a list of turns. */
function compare(turns) {
  const all = turns.map((each) => each.flat());
  const [p50, pooled] = [0.5, 0.99].map((share) =>
    all.map((each) => percentile(each, share)),
  );
  const p99 = turns.map((each) =>
    percentile(
      each.map((turn) => percentile(turn, 0.99)),
      0.5,
    ),
  );
  return {
    requests: all[0].length,
    failed: all.flat().filter((each) => each === Number.POSITIVE_INFINITY)
      .length,
    p50,
    p99,
    pooled,
    ratio: p99[1] / p99[0],
    range: rangeOfRatios(turns),
    pooledRatio: pooled[1] / pooled[0],
  };
}

/** The range that holds the ratio of the typical p99 with 95 % confidence, by drawing turns again. */
function rangeOfRatios(turns) {
  const p99s = turns.map((each) => each.map((turn) => percentile(turn, 0.99)));
  const ratios = Array.from({ length: DRAWS }, () => {
    const [healthy, stopped] = p99s.map((each) =>
      percentile(
        each.map(() => each[Math.floor(Math.random() * each.length)]),
        0.5,
      ),
    );
    return stopped / healthy;
  });
  return [percentile(ratios, 0.025), percentile(ratios, 0.975)];
}

function rangeOf({ ratio, range: [from, to] }) {
  return `${ratio.toFixed(2)} (${from.toFixed(2)} to ${to.toFixed(2)})`;
}

function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)];
}

async function startHost(platform, redis) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', resolve(import.meta.dirname, 'host.mjs')],
    {
      env: {
        ...process.env,
        HOST_SETTINGS: JSON.stringify({ platform, redisUrl: redis.url }),
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  endings.push(() => child.kill('SIGKILL'));
  const [{ port }] = await once(child, 'message');
  return {
    port,
    asked: 0,
    agent: new Agent({ keepAlive: true, maxSockets: 32 }),
    async state() {
      child.send('state');
      const [state] = await once(child, 'message');
      return state;
    },
    async close() {
      this.agent.destroy();
      const exited = once(child, 'exit');
      child.send('close');
      await exited;
    },
  };
}

async function startRedis() {
  const dir = mkdtempSync(join(tmpdir(), 'session-tracking-reliability-'));
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  endings.push(() => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  });
  let output = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    if (output.includes('Ready to accept connections')) {
      break;
    }
  }
  child.stdout.resume();
  return {
    child,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Request and response records that the counters of all sessions in Redis add up to. */
async function countRecords({ url }) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url);
  let records = 0;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(
      cursor,
      'MATCH',
      '*:info',
      'COUNT',
      1000,
    );
    cursor = next;
    const infos = await Promise.all(
      keys.map((key) => redis.hmget(key, 'request_count', 'response_count')),
    );
    records += infos.flat().reduce((sum, count) => sum + Number(count), 0);
  } while (cursor !== '0');
  redis.disconnect();
  return records;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function both(numbers) {
  return numbers.map((number) => number.toFixed(2)).join(' / ');
}

function mebibytes(bytes) {
  return (bytes / 1024 / 1024).toFixed(1);
}

function printTable(results) {
  for (const name of Object.keys(results[0])) {
    console.log(
      `| ${name} | ${results.map((result) => result[name]).join(' | ')} |`,
    );
    if (name === 'platform') {
      console.log(`|${' --- |'.repeat(results.length + 1)}`);
    }
  }
}
