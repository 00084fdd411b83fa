// Ends a run with its totals alone on a line, for programs that read the output.
export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    // What fails a run without being a test counts too: a file that does not load, a hook, a stray rejection.
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) {
        failed += suite.errors().length;
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        passed += state === 'passed' ? 1 : 0;
        failed += state === 'failed' ? 1 : 0;
      }
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
