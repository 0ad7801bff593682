import { Logo } from '../../ui/glyphs.tsx';
import { useDesk, useSlice } from '../../ui/desk-context.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DiagnosticsButton } from './diagnostics-button.tsx';

export function AboutDialog() {
  const desk = useDesk();
  const info = useSlice(desk.shell, (state) => state.info);
  const close = (): void => desk.shell.setState({ dialog: null });
  return (
    <Dialog
      icon={<Logo />}
      title="PSDeck"
      description="A desktop for PowerShell remoting."
      width="narrow"
      onClose={close}
    >
      <div className="body">
        <div className="lbl">
          <span className="label">Version</span>
          <span className="num">{info?.version ?? 'not known yet'}</span>
          <span className="label">Shown in</span>
          <span>
            {info?.shell === 'electron' ? 'a window of its own' : 'a browser'}
            {info === null ? '' : `, on ${info.platform}`}
          </span>
          {info?.windowNote === undefined ? null : (
            <>
              <span className="label">Window</span>
              <span className="soft">{info.windowNote}</span>
            </>
          )}
        </div>
      </div>
      <footer>
        <span className="left">
          <DiagnosticsButton />
        </span>
        <button type="button" className="btn primary" onClick={close}>
          Close <kbd>Esc</kbd>
        </button>
      </footer>
    </Dialog>
  );
}
