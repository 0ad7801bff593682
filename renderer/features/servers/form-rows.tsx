import type { Ref } from 'react';
import type { FieldErrors, ServerForm } from './server-form.ts';

type FieldsOf<T> = { [F in keyof ServerForm]: ServerForm[F] extends T ? F : never }[keyof ServerForm];
export type TextField = Exclude<FieldsOf<string>, 'auth'>;
export type FlagField = FieldsOf<boolean>;

/** What the rows of one form share. */
export interface FormState {
  readonly id: string;
  readonly form: ServerForm;
  readonly errors: FieldErrors;
  /** Takes new values, and what was wrong with the old ones away. */
  readonly change: (patch: Partial<ServerForm>) => void;
}

interface TextRowProps {
  readonly state: FormState;
  readonly field: TextField;
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly input?: Ref<HTMLInputElement>;
}

export function TextRow({ state, field, label, hint = '', placeholder = '', input }: TextRowProps) {
  const { id, form, errors, change } = state;
  const error = errors[field];
  return (
    <>
      <label htmlFor={`${id}-${field}`}>{label}</label>
      <span className={error === undefined ? 'field' : 'field bad'}>
        <input
          id={`${id}-${field}`}
          name={field}
          ref={input}
          value={form[field]}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined && hint === '' ? undefined : `${id}-${field}-hint`}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      </span>
      <Hint id={`${id}-${field}-hint`} error={error} hint={hint} />
    </>
  );
}

export function Hint({ id, error, hint }: { id: string; error: string | undefined; hint: string }) {
  if (error === undefined && hint === '') return null;
  return (
    <span
      id={id}
      className={error === undefined ? 'under' : 'under bad'}
      role={error === undefined ? undefined : 'alert'}
    >
      {error ?? hint}
    </span>
  );
}

interface FlagRowProps {
  readonly state: FormState;
  readonly field: FlagField;
  readonly label: string;
  readonly means: string;
}

export function FlagRow({ state, field, label, means }: FlagRowProps) {
  return (
    <label>
      <input
        type="checkbox"
        name={field}
        checked={state.form[field]}
        onChange={(event) => state.change({ [field]: event.target.checked })}
      />
      <span>{label}</span>
      <small>{means}</small>
    </label>
  );
}
