/** How a command ends, and what is said where it does not end well. */
export const EXIT = { fine: 0, failed: 1, usage: 2, connection: 3, interrupted: 130 } as const;

/** Something for the person who typed the command: what happened, why, and what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly exit: number;
  readonly why: string | undefined;
  readonly cure: string | undefined;
  readonly details: string | undefined;

  constructor(
    code: string,
    title: string,
    parts: { exit?: number; why?: string; cure?: string; details?: string } = {},
  ) {
    super(title);
    this.code = code;
    this.exit = parts.exit ?? EXIT.failed;
    this.why = parts.why;
    this.cure = parts.cure;
    this.details = parts.details;
  }
}

/** The command line itself is wrong. */
export function usageProblem(title: string, cure = 'See psdeck --help.'): Problem {
  return new Problem('usage', title, { exit: EXIT.usage, cure });
}

/** As it stands in the terminal; the raw fault only where it was asked for. */
export function describe(problem: Problem, details: boolean): string {
  const lines = [`psdeck: ${problem.message} [${problem.code}]`];
  if (problem.why !== undefined) lines.push(`  ${problem.why}`);
  if (problem.cure !== undefined) lines.push(`  ${problem.cure}`);
  if (problem.details !== undefined) {
    if (details) lines.push(...problem.details.split('\n').map((line) => `  | ${line}`));
    else lines.push('  (--details shows the raw fault.)');
  }
  return `${lines.join('\n')}\n`;
}
