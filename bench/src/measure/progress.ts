/** Says what is going on, beside the results. */
export function tell(message: string): void {
  const time = new Date().toISOString().slice(11, 19);
  process.stderr.write(`${time}  ${message}\n`);
}
