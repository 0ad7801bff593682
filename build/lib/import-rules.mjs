// Who may import whom. The one table; DESIGN.md says why. `ours` are folders of the repository, the longest match counts.
/** What a folder's files may import: folders of ours, packages of npm, modules of Node ('*' for any). */
export const RULES = [
  { folder: 'shared', ours: [], npm: ['zod'], node: [] },
  { folder: 'electron/protocol', ours: [], npm: [], node: [] },
  { folder: 'electron/transport', ours: ['electron/protocol'], npm: '*', node: '*' },
  { folder: 'electron/remoting', ours: ['electron/protocol', 'electron/transport'], npm: '*', node: '*' },
  { folder: 'electron/console', ours: ['electron/protocol', 'shared'], npm: [], node: [] },
  {
    folder: 'electron/cli',
    ours: ['electron/remoting', 'electron/console', 'electron/protocol'],
    npm: '*',
    node: '*',
  },
  { folder: 'electron/settings', ours: ['shared'], npm: '*', node: '*' },
  { folder: 'electron/diagnostics', ours: [], npm: '*', node: '*' },
  {
    folder: 'electron/servers',
    ours: ['electron/remoting', 'electron/console', 'electron/settings', 'shared'],
    npm: '*',
    node: '*',
  },
  {
    folder: 'electron/credentials',
    ours: ['electron/remoting', 'electron/console', 'electron/settings', 'shared'],
    npm: '*',
    node: '*',
  },
  {
    folder: 'electron/sessions',
    ours: [
      'electron/remoting',
      'electron/console',
      'electron/servers',
      'electron/credentials',
      'electron/settings',
      'electron/protocol',
      'shared',
    ],
    npm: '*',
    node: '*',
  },
  {
    folder: 'electron/practice-server',
    ours: ['electron/protocol', 'electron/transport/child-process', 'electron/transport/winrm-http'],
    npm: '*',
    node: '*',
  },
  {
    folder: 'electron/ipc',
    ours: ['electron/sessions', 'electron/servers', 'electron/credentials', 'electron/settings', 'shared'],
    npm: ['zod'],
    node: '*',
  },
  { folder: 'electron/shell', ours: ['electron', 'shared'], npm: '*', node: '*' },
  { folder: 'renderer', ours: ['shared'], npm: '*', node: [] },
];

/** Requiring the package starts a download where no runtime is installed. Types may be imported anywhere in the shell. */
export const ELECTRON_AT_RUN_TIME = [
  'electron/shell/main.ts',
  'electron/shell/window.ts',
  'electron/shell/preload.ts',
];
