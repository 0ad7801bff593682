/** Rows of the forms in which a session's options are chosen. */
import type { Ref } from 'react';

interface OptionTextProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly hint: string;
  readonly error?: string | undefined;
  readonly placeholder?: string;
  readonly unit?: string;
  readonly input?: Ref<HTMLInputElement>;
  readonly change: (value: string) => void;
}

export function OptionText({
  id,
  label,
  value,
  hint,
  error,
  placeholder,
  unit,
  input,
  change,
}: OptionTextProps) {
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <span className={error === undefined ? 'field' : 'field bad'}>
        <input
          id={id}
          ref={input}
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => change(event.target.value)}
        />
        {unit === undefined ? null : <span className="dim">{unit}</span>}
      </span>
      <span id={`${id}-hint`} className={error === undefined ? 'under' : 'under bad'}>
        {error ?? hint}
      </span>
    </>
  );
}

/** What happens to output that nobody takes. */
export function BufferModeRow({
  id,
  value,
  change,
}: {
  id: string;
  value: 'Block' | 'Drop';
  change: (value: 'Block' | 'Drop') => void;
}) {
  return (
    <>
      <span className="label" id={id}>
        While nobody is there
      </span>
      <span className="seg" role="radiogroup" aria-labelledby={id}>
        {(['Block', 'Drop'] as const).map((mode) => (
          <label key={mode}>
            <input type="radio" name={id} checked={value === mode} onChange={() => change(mode)} />
            {mode === 'Block' ? 'Commands wait' : 'Oldest output is lost'}
          </label>
        ))}
      </span>
    </>
  );
}

/** Minutes as typed; empty is the server's own. */
export function minutesOf(text: string): { ms?: number; error?: string } {
  const trimmed = text.trim();
  if (trimmed === '') return {};
  const minutes = Number(trimmed.replace(',', '.'));
  if (!Number.isFinite(minutes)) return { error: 'A number of minutes' };
  if (minutes < 1) return { error: 'No server allows less than a minute' };
  // The largest time that WS-Management's servers take: 2^31 - 1 ms.
  if (minutes > 35_791) return { error: 'At most 35791 minutes, which is 24 days' };
  return { ms: Math.round(minutes * 60_000) };
}
