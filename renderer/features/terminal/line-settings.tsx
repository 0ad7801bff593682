import { useId } from 'react';
import type { Settings } from '../../../shared/settings.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';

type Change = (change: Partial<Settings>) => void;

function Choice<Name extends 'editMode' | 'prediction' | 'historyScope'>({
  name,
  title,
  hint,
  options,
  change,
}: {
  name: Name;
  title: string;
  hint: string;
  options: readonly (readonly [Settings[Name], string])[];
  change: Change;
}) {
  const desk = useDesk();
  const now = useSlice(desk.settings, (state) => state[name]);
  const id = useId();
  return (
    <div className="opt">
      <div>
        <span id={id}>{title}</span>
        <p>{hint}</p>
      </div>
      <span className="seg" role="radiogroup" aria-labelledby={id}>
        {options.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name={name}
              checked={now === value}
              onChange={() => change({ [name]: value })}
            />
            {label}
          </label>
        ))}
      </span>
    </div>
  );
}

function Tick({
  name,
  title,
  hint,
  change,
}: {
  name: 'keepHistory' | 'completeAhead';
  title: string;
  hint: string;
  change: Change;
}) {
  const desk = useDesk();
  const now = useSlice(desk.settings, (state) => state[name]);
  const id = useId();
  return (
    <div className="opt">
      <div>
        <label htmlFor={id}>{title}</label>
        <p>{hint}</p>
      </div>
      <input
        id={id}
        type="checkbox"
        checked={now}
        onChange={(event) => change({ [name]: event.target.checked })}
      />
    </div>
  );
}

/** What of the line at the prompt can be set; the settings dialog shows it among the rest. */
export function LineSettings({ change }: { change: Change }) {
  const desk = useDesk();
  return (
    <>
      <div className="opt">
        <div>
          <span>Keys at the prompt</span>
          <p>All of them, and which do what.</p>
        </div>
        <button
          type="button"
          className="btn"
          onClick={() => desk.shell.setState({ dialog: { kind: 'keys' } })}
        >
          Keys
        </button>
      </div>
      <Choice
        name="editMode"
        title="Key map"
        hint="PSReadLine’s two."
        change={change}
        options={[
          ['windows', 'Windows'],
          ['emacs', 'Emacs'],
        ]}
      />
      <Choice
        name="prediction"
        title="Predictions"
        hint="Out of the history, while you type."
        change={change}
        options={[
          ['inline', 'In the line'],
          ['list', 'In a list'],
          ['none', 'None'],
        ]}
      />
      <Choice
        name="historyScope"
        title="Up and Down"
        hint="Whose command lines they walk."
        change={change}
        options={[
          ['server', 'This server’s'],
          ['shared', 'All servers’'],
        ]}
      />
      <Tick
        name="keepHistory"
        title="Keep command lines"
        hint="On this computer, for the next start. A line that looks like it holds a secret is never kept."
        change={change}
      />
      <Tick
        name="completeAhead"
        title="Ask for completions while typing"
        hint="Tab then finds them there. Each is a small question to the server."
        change={change}
      />
    </>
  );
}
