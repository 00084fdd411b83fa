// Makes sure that the tests find a redis-server: one on PATH, else the system's own package.
import { spawnSync } from 'node:child_process';

if (!isInstalled('redis-server')) {
  install();
  if (!isInstalled('redis-server')) {
    console.error(
      'The tests need redis-server on PATH: install it (Debian: apt-get install redis-server, macOS: brew install redis) and run this again.',
    );
    process.exit(1);
  }
}

function isInstalled(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

function install() {
  if (isInstalled('apt-get')) {
    const isRoot = process.getuid?.() === 0;
    const run = (...args) =>
      spawnSync(
        isRoot ? args[0] : 'sudo',
        isRoot ? args.slice(1) : ['--non-interactive', ...args],
        {
          stdio: ['ignore', 'ignore', 'inherit'],
          // The runlevel keeps the package from starting a service of its own.
          env: {
            ...process.env,
            DEBIAN_FRONTEND: 'noninteractive',
            RUNLEVEL: '1',
          },
        },
      );
    console.log('Installing redis-server with apt-get, once.');
    run('apt-get', 'update');
    run('apt-get', 'install', '-y', '--no-install-recommends', 'redis-server');
  } else if (isInstalled('brew')) {
    console.log('Installing redis with brew, once.');
    spawnSync('brew', ['install', 'redis'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}
