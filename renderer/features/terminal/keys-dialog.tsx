import { Keyboard, Plus, RotateCcw, X } from 'lucide-react';
import { useId, useMemo, useRef, useState } from 'react';
import type { LineFunction } from '../../../shared/line-functions.ts';
import { lineFunctions, readChord } from '../../../shared/line-functions.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { changeSettings } from '../settings/settings-dialog.tsx';
import { bindKeys, chordName } from './keymap.ts';
import type { KeyBindings, KeySettings } from './keymap.ts';

type Changes = KeySettings['keys'];

const names = Object.keys(lineFunctions) as LineFunction[];

/** `Ctrl+x,Ctrl+u` as people read it. */
function Chord({ chord }: { chord: string }) {
  return (
    <>
      {chord.split(/,(?=.)/).map((stroke) => (
        <kbd key={stroke}>{stroke}</kbd>
      ))}
    </>
  );
}

function chordsOf(bindings: KeyBindings, name: LineFunction): string[] {
  return Object.entries(bindings.keys)
    .filter(([, bound]) => bound === name)
    .map(([chord]) => chord);
}

/** The spelling under which the person's own settings name a chord, if they do. */
function withChord(keys: Changes, chord: string, name: LineFunction | ''): Changes {
  const others = Object.entries(keys).filter(([written]) => readChord(written) !== chord);
  return Object.fromEntries([...others, [chord, name]]);
}

/** A field that takes a key as it is pressed; a plain letter is written, so that a chord can also be spelt out. */
function NewKey({
  name,
  bindings,
  onSet,
  onCancel,
}: {
  name: LineFunction;
  bindings: KeyBindings;
  onSet: (chord: string) => void;
  onCancel: () => void;
}) {
  const [written, setWritten] = useState('');
  const id = useId();
  const chord = readChord(written);
  const bound = chord === undefined ? null : bindings.lookUp(chord);
  const takes = bound?.kind === 'function' && bound.name !== name ? bound.name : null;
  return (
    <form
      className="newkey"
      onSubmit={(event) => {
        event.preventDefault();
        if (chord !== undefined) onSet(chord);
      }}
    >
      <label className={written !== '' && chord === undefined ? 'field bad' : 'field'} htmlFor={id}>
        <input
          id={id}
          autoFocus
          value={written}
          spellCheck={false}
          placeholder="Press a key, or write it: Ctrl+x,Ctrl+u"
          aria-label={`New key for ${name}`}
          onChange={(event) => setWritten(event.target.value)}
          onKeyDown={(event) => {
            const { key, ctrlKey, altKey, shiftKey, metaKey } = event;
            if (key === 'Escape' && written === '') {
              event.stopPropagation();
              onCancel();
              return;
            }
            // The field itself needs these: to be left, to be corrected, to be sent off.
            const plain = !ctrlKey && !altKey;
            if (
              plain &&
              (Array.from(key).length === 1 || ['Tab', 'Enter', 'Backspace', 'Delete'].includes(key))
            )
              return;
            const stroke = chordName({ key, ctrlKey, altKey, shiftKey, metaKey });
            if (stroke === '') return;
            event.preventDefault();
            event.stopPropagation();
            setWritten(written.endsWith(',') ? written + stroke : stroke);
          }}
        />
      </label>
      <button type="submit" className="btn small" disabled={chord === undefined}>
        Set
      </button>
      <button type="button" className="btn small" onClick={onCancel}>
        Cancel
      </button>
      {takes === null ? null : <p className="under">Now it does {takes}; it would no longer.</p>}
    </form>
  );
}

/** All keys of the line (PSReadLine's ShowKeyBindings), and where they are changed. */
export function KeysDialog() {
  const desk = useDesk();
  const editMode = useSlice(desk.settings, (state) => state.editMode);
  const keys = useSlice(desk.settings, (state) => state.keys);
  const [filter, setFilter] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const [adding, setAdding] = useState<LineFunction | null>(null);
  const bindings = useMemo(() => bindKeys({ editMode, keys }), [editMode, keys]);
  const close = (): void => desk.shell.setState({ dialog: null });
  const change = (next: Changes): void => void changeSettings(desk, { keys: next });

  const wanted = filter.trim().toLowerCase();
  const shown = names.filter((name) => {
    if (wanted === '') return true;
    const text = [name, ...lineFunctions[name], ...chordsOf(bindings, name)].join(' ').toLowerCase();
    return text.includes(wanted);
  });
  const groups = [...new Set(shown.map((name) => lineFunctions[name][0]))];

  return (
    <Dialog
      icon={<Keyboard aria-hidden />}
      title="Keys"
      description="What the keys do at a prompt, by PSReadLine’s names. Changed as you set them."
      width="wide"
      initialFocus={first}
      onClose={close}
    >
      <div className="body flush keys">
        <div className="opt">
          <label className="field grow">
            <input
              ref={first}
              value={filter}
              spellCheck={false}
              placeholder="Filter: a key, a name, what it does"
              aria-label="Filter the keys"
              onChange={(event) => setFilter(event.target.value)}
            />
          </label>
          <span className="seg" role="radiogroup" aria-label="Key map">
            {(['windows', 'emacs'] as const).map((mode) => (
              <label key={mode}>
                <input
                  type="radio"
                  name="editMode"
                  checked={editMode === mode}
                  onChange={() => void changeSettings(desk, { editMode: mode })}
                />
                {mode === 'windows' ? 'Windows' : 'Emacs'}
              </label>
            ))}
          </span>
        </div>
        {bindings.troubles.map((trouble) => (
          <p key={trouble} className="under bad" role="alert">
            {trouble}
          </p>
        ))}
        <div className="keylist" role="group" aria-label="Functions and their keys">
          {groups.map((group) => (
            <section key={group} aria-label={group}>
              <h3>{group}</h3>
              {shown
                .filter((name) => lineFunctions[name][0] === group)
                .map((name) => (
                  <div className="keyrow" key={name}>
                    <span className="what">
                      <b>{name}</b>
                      <small>{lineFunctions[name][1]}</small>
                    </span>
                    {adding === name ? (
                      <NewKey
                        name={name}
                        bindings={bindings}
                        onSet={(chord) => {
                          change(withChord(keys, chord, name));
                          setAdding(null);
                        }}
                        onCancel={() => setAdding(null)}
                      />
                    ) : (
                      <span className="chords">
                        {chordsOf(bindings, name).map((chord) => (
                          <span key={chord} className="chord">
                            <Chord chord={chord} />
                            <button
                              type="button"
                              className="iconbtn small"
                              aria-label={`Take ${chord} away from ${name}`}
                              onClick={() => change(withChord(keys, chord, ''))}
                            >
                              <X className="s" aria-hidden />
                            </button>
                          </span>
                        ))}
                        {name === 'DigitArgument' ? null : (
                          <button
                            type="button"
                            className="iconbtn small"
                            aria-label={`Add a key for ${name}`}
                            onClick={() => setAdding(name)}
                          >
                            <Plus className="s" aria-hidden />
                          </button>
                        )}
                      </span>
                    )}
                  </div>
                ))}
            </section>
          ))}
          {shown.length === 0 ? <p className="under">Nothing is called that.</p> : null}
        </div>
      </div>
      <footer>
        <button
          type="button"
          className="btn left"
          disabled={Object.keys(keys).length === 0}
          onClick={() => change({})}
        >
          <RotateCcw className="s" aria-hidden />
          All as PSReadLine has them
        </button>
        <button type="button" className="btn primary" onClick={close}>
          Done <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
