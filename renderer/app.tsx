import { Tooltip } from '@base-ui/react/tooltip';
import {
  ClipboardCopy,
  Info,
  Menu as MenuIcon,
  PanelLeft,
  Plus,
  Server as ServerIcon,
  SlidersHorizontal,
} from 'lucide-react';
import { useEffect } from 'react';
import { RemoveServerDialog } from './features/servers/remove-server-dialog.tsx';
import { ServerDialog } from './features/servers/server-dialog.tsx';
import { addServer } from './features/servers/server-list.tsx';
import { Sidebar } from './features/servers/sidebar.tsx';
import { Welcome } from './features/servers/welcome.tsx';
import { Alerts } from './features/sessions/alerts.tsx';
import { AllowDialog } from './features/sessions/allow-dialog.tsx';
import { DisconnectDialog } from './features/sessions/disconnect-dialog.tsx';
import { InvokeDialog } from './features/sessions/invoke-dialog.tsx';
import { NewSessionDialog } from './features/sessions/new-session-dialog.tsx';
import { RemoveSessionDialog } from './features/sessions/remove-session-dialog.tsx';
import { RemoveShellsDialog } from './features/sessions/remove-shells-dialog.tsx';
import { ServerPage } from './features/sessions/server-page.tsx';
import { SignInDialog } from './features/sessions/sign-in-dialog.tsx';
import { StatusBar } from './features/sessions/status-bar.tsx';
import { TrustDialog } from './features/sessions/trust-dialog.tsx';
import { AboutDialog } from './features/settings/about-dialog.tsx';
import { copyDiagnostics } from './features/settings/diagnostics-button.tsx';
import { changeSettings, SettingsDialog } from './features/settings/settings-dialog.tsx';
import { KeysDialog } from './features/terminal/keys-dialog.tsx';
import { PasteDialog } from './features/terminal/paste-dialog.tsx';
import { welcomeTab } from './stores/tabs.ts';
import { useDesk, useSlice } from './ui/desk-context.ts';
import { Logo } from './ui/glyphs.tsx';
import { windowKey } from './ui/keys.ts';
import { MenuButton } from './ui/menu.tsx';
import { TabStrip } from './ui/tab-strip.tsx';
import { Tip } from './ui/tip.tsx';

function Brand() {
  const desk = useDesk();
  const sidebar = useSlice(desk.settings, (state) => state.sidebar);
  return (
    <div className="brand">
      <Logo />
      <span className="strong grow">PSDeck</span>
      <MenuButton
        entries={[
          { label: 'Add server', icon: <Plus aria-hidden />, run: () => addServer(desk) },
          null,
          {
            label: 'Settings',
            icon: <SlidersHorizontal aria-hidden />,
            keys: 'Ctrl+,',
            run: () => desk.shell.setState({ dialog: { kind: 'settings' } }),
          },
          {
            label: 'Copy diagnostics',
            icon: <ClipboardCopy aria-hidden />,
            run: () => void copyDiagnostics(desk),
          },
          {
            label: 'About PSDeck',
            icon: <Info aria-hidden />,
            run: () => desk.shell.setState({ dialog: { kind: 'about' } }),
          },
        ]}
      >
        <button type="button" className="iconbtn small" aria-label="Menu">
          <MenuIcon aria-hidden />
        </button>
      </MenuButton>
      <Tip text={sidebar ? 'Hide servers' : 'Show servers'}>
        <button
          type="button"
          className="iconbtn small"
          aria-label={sidebar ? 'Hide servers' : 'Show servers'}
          aria-pressed={!sidebar}
          onClick={() => void changeSettings(desk, { sidebar: !sidebar })}
        >
          <PanelLeft aria-hidden />
        </button>
      </Tip>
    </div>
  );
}

function Main() {
  const desk = useDesk();
  const active = useSlice(desk.tabs, (state) => state.active);
  const server = useSlice(desk.servers, (state) => state.servers.find((known) => known.id === active));
  return (
    <main className="main">
      <div
        className="tabpanel"
        id="page"
        role="tabpanel"
        aria-labelledby={active === null ? undefined : `tab-${active}`}
      >
        {active === welcomeTab ? (
          <Welcome />
        ) : server === undefined ? (
          <div className="blank">
            <ServerIcon aria-hidden />
            <p>Double-click a server to be inside it.</p>
          </div>
        ) : (
          <ServerPage key={server.id} server={server} />
        )}
      </div>
    </main>
  );
}

function Dialogs() {
  const desk = useDesk();
  const { dialog, signIn, trust, allow } = useSlice(desk.shell, (state) => state);
  return (
    <>
      {dialog?.kind === 'server' ? <ServerDialog ask={dialog} /> : null}
      {dialog?.kind === 'remove-server' ? <RemoveServerDialog server={dialog.server} /> : null}
      {dialog?.kind === 'remove-session' ? <RemoveSessionDialog rows={dialog.sessions} /> : null}
      {dialog?.kind === 'disconnect-session' ? <DisconnectDialog rows={dialog.sessions} /> : null}
      {dialog?.kind === 'invoke-sessions' ? <InvokeDialog chosen={dialog.sessions} /> : null}
      {dialog?.kind === 'new-session' ? <NewSessionDialog serverId={dialog.serverId} /> : null}
      {dialog?.kind === 'remove-shells' ? <RemoveShellsDialog ask={dialog} /> : null}
      {dialog?.kind === 'settings' ? <SettingsDialog /> : null}
      {dialog?.kind === 'about' ? <AboutDialog /> : null}
      {dialog?.kind === 'keys' ? <KeysDialog /> : null}
      {dialog?.kind === 'paste' ? <PasteDialog sessionId={dialog.sessionId} text={dialog.text} /> : null}
      {signIn === null ? null : <SignInDialog key={signIn.serverId} ask={signIn} />}
      {trust === null ? null : <TrustDialog ask={trust} />}
      {allow === null ? null : <AllowDialog ask={allow} />}
    </>
  );
}

export function App() {
  const desk = useDesk();
  const sidebar = useSlice(desk.settings, (state) => state.sidebar);
  const announcement = useSlice(desk.shell, (state) => state.announcement);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => void windowKey(desk, event);
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [desk]);
  return (
    <Tooltip.Provider delay={500}>
      <div className={sidebar ? 'app' : 'app bare'}>
        <header className="titlebar">
          <Brand />
          <TabStrip />
        </header>
        <Alerts />
        <Sidebar />
        <Main />
        <StatusBar />
      </div>
      <Dialogs />
      <div className="hidden" role="status" aria-live="polite">
        {announcement}
      </div>
    </Tooltip.Provider>
  );
}
