/** The element PR: a progress record outside a session ([MS-PSRP] 2.2.5.1.25). */
import { displayText } from './display-text.ts';
import { badValue, readInt32 } from './primitive-elements.ts';
import type { Scanner } from './scanner.ts';
import * as t from './tags.ts';
import type { PsProgress, PsValue } from './value.ts';
import { PsPrimitive } from './value.ts';

const recordTypes: Readonly<Record<string, PsProgress['recordType']>> = {
  processing: 'Processing',
  '0': 'Processing',
  completed: 'Completed',
  '1': 'Completed',
};

/**
 * Eight elements in a fixed order; what the fields may be is what System.Management.Automation.ProgressRecord takes. The current
 * operation is whatever value, shown as text: `readValue` reads it, start tag and all.
 */
export function readProgress(scanner: Scanner, readValue: () => PsValue): PsPrimitive<'PR'> {
  const start = scanner.tagStart;
  if (scanner.empty) badValue(scanner, t.tagPR);
  const activity = text(scanner, t.tagAV);
  const activityId = number(scanner, t.tagAI);
  const operation = readValue();
  const parentActivityId = number(scanner, t.tagPI);
  const percentComplete = number(scanner, t.tagPC);
  const type = text(scanner, t.tagT).trim().toLowerCase();
  const secondsRemaining = number(scanner, t.tagSR);
  const statusDescription = text(scanner, t.tagSD);
  if (scanner.next() !== t.tagEnd) {
    scanner.fail('clixml.element', 'A progress record has too many parts', scanner.tagStart);
  }
  scanner.end('PR');
  const recordType = Object.hasOwn(recordTypes, type) ? recordTypes[type] : undefined;
  if (
    recordType === undefined ||
    activity === '' ||
    statusDescription === '' ||
    activityId < 0 ||
    parentActivityId === activityId ||
    percentComplete > 100
  ) {
    badValue(scanner, t.tagPR, start);
  }
  return new PsPrimitive('PR', {
    activity,
    activityId,
    currentOperation: operation === null ? null : displayText(operation),
    parentActivityId,
    percentComplete,
    recordType,
    secondsRemaining,
    statusDescription,
  });
}

function text(scanner: Scanner, tag: number): string {
  expect(scanner, tag);
  return scanner.text(true);
}

function number(scanner: Scanner, tag: number): number {
  expect(scanner, tag);
  return readInt32(scanner);
}

function expect(scanner: Scanner, tag: number): void {
  const found = scanner.next();
  if (found !== tag) {
    const at = found === t.tagEnd ? scanner.position : scanner.tagStart;
    scanner.fail('clixml.element', `The element ${t.tagName(tag)} is missing`, at);
  }
}
