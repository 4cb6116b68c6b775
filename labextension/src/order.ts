/** Findings in the order of the document: which comes after the cursor, and what tells them apart. No DOM. */
import type { Finding } from './wire';

/** Where something stands: the index of a cell, and a line in it from 1. */
export interface Spot {
  readonly index: number;
  readonly line: number;
}

/** Where findings stand, those of the whole notebook left out, from top to bottom. */
export function inOrder(
  findings: readonly Finding[],
  indexOf: (cell: string) => number
): { finding: Finding; spot: Spot }[] {
  const found: { finding: Finding; spot: Spot }[] = [];
  for (const finding of findings) {
    const index = finding.cell === null ? -1 : indexOf(finding.cell.id);
    if (index >= 0) {
      found.push({ finding, spot: { index, line: finding.start?.line ?? 0 } });
    }
  }
  return found.sort((a, b) => after(a.spot, b.spot));
}

/** The finding below a place, or above it; beyond the last one, the first. */
export function next(
  findings: readonly Finding[],
  indexOf: (cell: string) => number,
  from: Spot,
  back = false
): Finding | null {
  const found = inOrder(findings, indexOf);
  const beyond = back
    ? found.filter(each => after(each.spot, from) < 0).at(-1)
    : found.find(each => after(each.spot, from) > 0);
  return (beyond ?? found.at(back ? -1 : 0))?.finding ?? null;
}

function after(one: Spot, other: Spot): number {
  return one.index - other.index || one.line - other.line;
}

/** A name for each finding that stays when lines above it, or words of it, change: so that what is drawn stays. */
export function namesOf(findings: readonly Finding[]): Map<Finding, string> {
  const counts = new Map<string, number>();
  const names = new Map<Finding, string>();
  for (const finding of findings) {
    const about = `${finding.code} ${finding.cell?.id ?? ''}`;
    const count = counts.get(about) ?? 0;
    counts.set(about, count + 1);
    names.set(finding, `${about} ${count}`);
  }
  return names;
}

/** Whether a rule is switched off: by its code, the beginning of codes, its name, or its family. */
export function isOff(finding: Pick<Finding, 'code' | 'name' | 'family'>, off: readonly string[]): boolean {
  return off.some(
    each =>
      each === finding.name ||
      each === finding.family ||
      (/^NBD\d*$/.test(each) && finding.code.startsWith(each))
  );
}
