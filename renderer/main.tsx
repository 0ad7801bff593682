import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@xterm/xterm/css/xterm.css';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app.tsx';
import { createBridge } from './bridge/client.ts';
import { choosePort } from './bridge/port.ts';
import { createDesk, startDesk } from './desk.ts';
import { browserTheme } from './stores/settings.ts';
import { addNotice } from './stores/shell.ts';
import { DeskContext } from './ui/desk-context.ts';

const bridge = createBridge(choosePort(), (error) => addNotice(desk.shell, error));
const desk = createDesk(bridge, browserTheme());
startDesk(desk);

const root = document.querySelector('#root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <DeskContext value={desk}>
      <App />
    </DeskContext>
  </StrictMode>,
);
