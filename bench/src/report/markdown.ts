/** A column of figures is aligned to the right. */
export type Alignment = 'left' | 'right';

/** A table as the repository's formatter would write it. */
export function table(
  header: readonly string[],
  alignments: readonly Alignment[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number): string =>
    alignments[column] === 'right'
      ? cell.padStart(widths[column] ?? 0)
      : cell.padEnd(widths[column] ?? 0);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    alignments[column] === 'right'
      ? `${'-'.repeat(width - 1)}:`
      : '-'.repeat(width),
  );
  return [line(header), `| ${rule.join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}

/** Paragraphs, tables and headings, apart from each other. */
export function page(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
