import { SlidersHorizontal } from 'lucide-react';
import { useId, useState } from 'react';
import { Settings } from '../../../shared/settings.ts';
import { appErrorOf } from '../../bridge/client.ts';
import type { Desk } from '../../desk.ts';
import { addNotice } from '../../stores/shell.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { LineSettings } from '../terminal/line-settings.tsx';
import { DiagnosticsButton } from './diagnostics-button.tsx';

const themes = [
  ['system', 'As the system'],
  ['dark', 'Dark'],
  ['light', 'Light'],
  ['contrast', 'High contrast'],
] as const;

/** Shown at once, then kept by main; a refusal puts the old value back and says so. Another window may change the others meanwhile. */
export async function changeSettings(desk: Desk, change: Partial<Settings>): Promise<void> {
  const before = Settings.parse(desk.settings.getState());
  desk.settings.setState(change);
  try {
    desk.settings.setState(await desk.bridge.call('settings.update', change));
  } catch (thrown) {
    desk.settings.setState(before);
    addNotice(desk.shell, appErrorOf(thrown));
  }
}

const closings = [
  ['keep-busy', 'Keep those that run a command'],
  ['keep', 'Keep all'],
  ['remove', 'End all'],
] as const;

function NumberSetting({
  name,
  title,
  hint,
  refusal,
}: {
  name: 'fontSize' | 'scrollback' | 'retryMinutes';
  title: string;
  hint: string;
  refusal: string;
}) {
  const desk = useDesk();
  const value = useSlice(desk.settings, (state) => state[name]);
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const bad = typed !== null && !Settings.shape[name].safeParse(Number(typed)).success;

  /** Not at every digit: on the way to 14 nobody wants a terminal of 1. */
  function keep(): void {
    if (typed !== null && !bad && Number(typed) !== value) {
      void changeSettings(desk, { [name]: Number(typed) });
    }
  }

  return (
    <div className="opt">
      <div>
        <label htmlFor={id}>{title}</label>
        <p>{hint}</p>
      </div>
      <span className={bad ? 'field bad' : 'field'}>
        <input
          id={id}
          inputMode="numeric"
          value={typed ?? String(value)}
          aria-invalid={bad}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep();
          }}
          onBlur={() => {
            keep();
            setTyped(null);
          }}
        />
      </span>
      {bad ? (
        <span className="err" role="alert">
          {refusal} Using {value}.
        </span>
      ) : null}
    </div>
  );
}

export function SettingsDialog() {
  const desk = useDesk();
  const settings = useSlice(desk.settings, (state) => state);
  const info = useSlice(desk.shell, (state) => state.info);
  const id = useId();
  const close = (): void => desk.shell.setState({ dialog: null });
  return (
    <Dialog
      icon={<SlidersHorizontal aria-hidden />}
      title="Settings"
      description="Kept as you change them."
      width="wide"
      onClose={close}
    >
      <div className="body flush">
        <div className="opt">
          <div>
            <span id={`${id}-theme`}>Theme</span>
            <p>Window and terminal.</p>
          </div>
          <span className="seg" role="radiogroup" aria-labelledby={`${id}-theme`}>
            {themes.map(([value, label]) => (
              <label key={value}>
                <input
                  type="radio"
                  name="theme"
                  checked={settings.theme === value}
                  onChange={() => void changeSettings(desk, { theme: value })}
                />
                {label}
              </label>
            ))}
          </span>
        </div>
        <NumberSetting
          name="fontSize"
          title="Terminal text"
          hint="Pixels, from 9 to 32."
          refusal="From 9 to 32."
        />
        <NumberSetting
          name="scrollback"
          title="Lines kept above the screen"
          hint="For each session, from 100 to 1,000,000."
          refusal="From 100 to 1,000,000."
        />
        <div className="opt">
          <div>
            <span id={`${id}-close`}>When PSDeck ends</span>
            <p>Sessions that are kept run on at their servers, and are offered at the next start.</p>
          </div>
          <span className="seg" role="radiogroup" aria-labelledby={`${id}-close`}>
            {closings.map(([value, label]) => (
              <label key={value}>
                <input
                  type="radio"
                  name="onClose"
                  checked={settings.onClose === value}
                  onChange={() => void changeSettings(desk, { onClose: value })}
                />
                {label}
              </label>
            ))}
          </span>
        </div>
        <NumberSetting
          name="retryMinutes"
          title="Try again after an interruption"
          hint="Minutes, from 1 to 1440, for sessions opened from now on."
          refusal="From 1 to 1440."
        />
        <div className="opt">
          <div>
            <label htmlFor={`${id}-reader`}>Screen reader</label>
            <p>Terminals put their text where a screen reader finds it. Costs some speed.</p>
          </div>
          <input
            id={`${id}-reader`}
            type="checkbox"
            checked={settings.screenReader}
            onChange={(event) => void changeSettings(desk, { screenReader: event.target.checked })}
          />
        </div>
        <LineSettings change={(change) => void changeSettings(desk, change)} />
        <div className="opt">
          <div>
            <span>Diagnostics</span>
            <p>Versions, states and what failed. Never a password, a command or its output.</p>
          </div>
          <DiagnosticsButton />
        </div>
      </div>
      <footer>
        <span className="left under">{info === null ? '' : `PSDeck ${info.version}`}</span>
        <button type="button" className="btn primary" onClick={close}>
          Done <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
