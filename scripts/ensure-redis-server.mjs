// Makes sure that the tests find a Redis server: one on PATH, else the system's own package.
import { spawnSync } from 'node:child_process';

const HELP =
  'Install Redis 7 or newer (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), then run this again.';

if (!hasServer()) {
  const reason = install();
  if (!hasServer()) {
    console.error(
      `The tests need redis-server on PATH, and ${reason ?? 'it is not there though it was installed'}. ${HELP}`,
    );
    process.exit(1);
  }
}

function hasServer() {
  return (
    runs('redis-server', '--version') || runs('valkey-server', '--version')
  );
}

/** Answers why it could not, if so. */
function install() {
  if (runs('apt-get', '--version')) {
    return installWithApt();
  }
  if (runs('brew', '--version')) {
    console.log('Installing redis with brew, once.');
    return failureOf('brew', 'install', 'redis');
  }
  return 'there is neither apt-get nor brew to install it with';
}

function installWithApt() {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !runs('sudo', '-n', 'true')) {
    return 'installing it takes root or sudo without a password';
  }
  const asRoot = isRoot ? ['env'] : ['sudo', '-n', 'env'];
  const apt = [...asRoot, 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q'];
  console.log('Installing redis-server with apt-get, once.');
  // A package source that is away need not be the one that has it: the installation decides.
  failureOf(...apt, 'update');
  const failure = failureOf(
    ...apt,
    '-o',
    'DPkg::Lock::Timeout=120',
    'install',
    '-y',
    '--no-install-recommends',
    'redis-server',
  );
  // The package starts a service, now and at boot; the tests start servers of their own.
  runs(...asRoot, 'service', 'redis-server', 'stop');
  runs(...asRoot, 'update-rc.d', 'redis-server', 'disable');
  return failure;
}

function runs(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** Runs a program; answers with the end of what it complained about if it failed. */
function failureOf(program, ...args) {
  const { status, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const complaint = stderr?.trim().split('\n').at(-1);
  return status === 0
    ? undefined
    : `${args.find((arg) => arg === 'apt-get') ?? program} failed (${complaint || `status ${status}`})`;
}
