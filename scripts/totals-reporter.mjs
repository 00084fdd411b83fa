// Ends a run with its totals alone on a line, for programs that read the output.
export default class TotalsReporter {
  onTestRunEnd(modules) {
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        passed += state === 'passed' ? 1 : 0;
        failed += state === 'failed' ? 1 : 0;
      }
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
