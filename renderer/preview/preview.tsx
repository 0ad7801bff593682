/** Looks at screens without a main process: `vite renderer --config build/vite.renderer.config.ts`, then /preview/?show=…. Not part of the build. */
import { createRoot } from 'react-dom/client';
import '@xterm/xterm/css/xterm.css';
import '../ui/tokens.css';
import '../ui/base.css';
import { App } from '../app.tsx';
import { createBridge } from '../bridge/client.ts';
import { createDesk, startDesk } from '../desk.ts';
import { browserTheme } from '../stores/settings.ts';
import { DeskContext } from '../ui/desk-context.ts';
import { playScene } from './scenes.ts';

const query = new URLSearchParams(location.search);
const fake = playScene(query.get('show') ?? 'welcome', query.get('theme') ?? 'system');
const desk = createDesk(createBridge(fake.port, console.error), browserTheme());
startDesk(desk);
Object.assign(window, { desk, fake });

const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <DeskContext value={desk}>
      <App />
    </DeskContext>,
  );
}
