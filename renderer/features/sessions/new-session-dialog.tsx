import { Plus } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { NewSessionOptions } from '../../../shared/session.ts';
import { serverLabel } from '../../stores/servers.ts';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { openSession } from './open-session.ts';
import { BufferModeRow, minutesOf, OptionText } from './option-rows.tsx';

type Field = 'configurationName' | 'idle' | 'operation' | 'open' | 'culture' | 'proxy';

interface Form {
  name: string;
  configurationName: string;
  idle: string;
  operation: string;
  open: string;
  culture: string;
  proxy: string;
  noMachineProfile: boolean;
  bufferMode: 'Block' | 'Drop';
  enter: boolean;
}

const EMPTY: Form = {
  name: '',
  configurationName: '',
  idle: '',
  operation: '',
  open: '',
  culture: '',
  proxy: '',
  noMachineProfile: false,
  bufferMode: 'Block',
  enter: false,
};

type Checked =
  { ok: true; options: NewSessionOptions } | { ok: false; errors: Partial<Record<Field, string>> };

function secondsOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Math.round(Number(text.replace(',', '.')) * 1000);
}

function check(form: Form): Checked {
  const idle = minutesOf(form.idle);
  const given = {
    ...(form.configurationName.trim() === '' ? {} : { configurationName: form.configurationName }),
    ...(idle.ms === undefined ? {} : { idleTimeoutMs: idle.ms }),
    ...(form.operation.trim() === '' ? {} : { operationTimeoutMs: secondsOf(form.operation) }),
    ...(form.open.trim() === '' ? {} : { openTimeoutMs: secondsOf(form.open) }),
    ...(form.culture.trim() === '' ? {} : { culture: form.culture.trim() }),
    ...(form.proxy.trim() === '' ? {} : { proxy: form.proxy.trim() }),
    ...(form.noMachineProfile ? { noMachineProfile: true } : {}),
    ...(form.bufferMode === 'Drop' ? { bufferMode: form.bufferMode } : {}),
  };
  const parsed = NewSessionOptions.safeParse(given);
  if (parsed.success && idle.error === undefined) return { ok: true, options: parsed.data };
  const errors: Partial<Record<Field, string>> = idle.error === undefined ? {} : { idle: idle.error };
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.path[0] === 'configurationName') errors.configurationName = issue.message;
    else if (issue.path[0] === 'culture') errors.culture = issue.message;
    else if (issue.path[0] === 'proxy') errors.proxy = 'Type it as host:port, or system, or none';
    else if (issue.path[0] === 'operationTimeoutMs') errors.operation = 'From 1 to 600 seconds';
    else if (issue.path[0] === 'openTimeoutMs') errors.open = 'From 1 to 3600 seconds';
  }
  return { ok: false, errors };
}

/** New-PSSession with New-PSSessionOption: everything may stay empty, and is then the server's own. */
export function NewSessionDialog({ serverId }: { serverId: string }) {
  const desk = useDesk();
  const id = useId();
  const first = useRef<HTMLInputElement>(null);
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === serverId));
  const [form, setForm] = useState<Form>(EMPTY);
  const [errors, setErrors] = useState<Partial<Record<Field, string>>>({});
  const close = (): void => desk.shell.setState({ dialog: null });
  const set = (patch: Partial<Form>): void => {
    setForm((now) => ({ ...now, ...patch }));
    setErrors({});
  };

  function submit(event: React.FormEvent): void {
    event.preventDefault();
    const checked = check(form);
    if (!checked.ok) {
      setErrors(checked.errors);
      const [wrong] = Object.keys(checked.errors);
      document.querySelector<HTMLElement>(`#${CSS.escape(`${id}-${wrong ?? ''}`)}`)?.focus();
      return;
    }
    close();
    const { enter, name } = form;
    void openSession(desk, serverId, { enter, name, options: checked.options });
  }

  const label = server === undefined ? '' : serverLabel(server);
  return (
    <Dialog
      icon={<Plus aria-hidden />}
      title={`New session on ${label}`}
      description="What is left empty is the server’s own."
      initialFocus={first}
      onClose={close}
    >
      <form onSubmit={submit} noValidate>
        <div className="body">
          <div className="lbl">
            <OptionText
              id={`${id}-name`}
              label="Name"
              value={form.name}
              hint="In the table, and in the list of shells on the server"
              placeholder="SessionN"
              input={first}
              change={(name) => set({ name: name.slice(0, 128) })}
            />
            <OptionText
              id={`${id}-configurationName`}
              label="Configuration"
              value={form.configurationName}
              hint="The session configuration (endpoint) to open"
              placeholder={server?.configuration ?? ''}
              error={errors.configurationName}
              change={(configurationName) => set({ configurationName })}
            />
            <OptionText
              id={`${id}-idle`}
              label="Idle timeout"
              unit="minutes"
              value={form.idle}
              hint="How long the server keeps it without a client; usually 2 hours"
              error={errors.idle}
              change={(idle) => set({ idle })}
            />
            <OptionText
              id={`${id}-operation`}
              label="Operation timeout"
              unit="seconds"
              value={form.operation}
              hint="How long one request may take at the server"
              placeholder="60"
              error={errors.operation}
              change={(operation) => set({ operation })}
            />
            <OptionText
              id={`${id}-open`}
              label="Open timeout"
              unit="seconds"
              value={form.open}
              hint="How long opening may take"
              error={errors.open}
              change={(open) => set({ open })}
            />
            <OptionText
              id={`${id}-culture`}
              label="Language"
              value={form.culture}
              hint="In which the server says what is wrong"
              placeholder="en-US"
              error={errors.culture}
              change={(culture) => set({ culture })}
            />
            <OptionText
              id={`${id}-proxy`}
              label="HTTP proxy"
              value={form.proxy}
              hint="host:port, system or none; who signs in there is asked for"
              placeholder={server?.signIn.proxy ?? 'none'}
              error={errors.proxy}
              change={(proxy) => set({ proxy })}
            />
            <BufferModeRow
              id={`${id}-mode`}
              value={form.bufferMode}
              change={(bufferMode) => set({ bufferMode })}
            />
            <div className="opts">
              <label>
                <input
                  type="checkbox"
                  checked={form.noMachineProfile}
                  onChange={(event) => set({ noMachineProfile: event.target.checked })}
                />
                <span>Without the user’s profile</span>
                <small>Opens faster and leaves no folder behind</small>
              </label>
              <label>
                <input
                  type="checkbox"
                  checked={form.enter}
                  onChange={(event) => set({ enter: event.target.checked })}
                />
                <span>Enter it</span>
                <small>It ends when it is left</small>
              </label>
            </div>
          </div>
        </div>
        <footer>
          <button type="button" className="btn" onClick={close}>
            Cancel <kbd>Esc</kbd>
          </button>
          <button type="submit" className="btn primary">
            Open <kbd>Enter</kbd>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
