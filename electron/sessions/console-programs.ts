/** Programs that need a console of their own, which the other side of a session has not: they wait there for keys that nobody can press. */
import { commandsIn } from '../../shared/powershell/commands.ts';

/** Whatever they are called with. */
const ALWAYS = new Set(
  'vim vi nvim nano emacs edit micro ne joe less most top htop btop atop nmtui mc far screen tmux watch telnet sftp ftp lynx links w3m man passwd'.split(
    ' ',
  ),
);
/** Where nothing says what they are to do, they ask. */
const BARE = new Set(
  'cmd powershell pwsh bash sh zsh fish python python3 py node irb ghci lua mysql psql sqlite3 sqlcmd redis-cli mongosh nslookup diskpart netsh wmic bc gdb cdb kd'.split(
    ' ',
  ),
);

/** Long enough that a program which only says something has said it. */
export const CONSOLE_HINT_MS = 2_000;

/** The program on the line that would sit there and wait for a console; undefined where there is none. */
export function consoleProgram(line: string): string | undefined {
  for (const command of commandsIn(line)) {
    const program = (command.name?.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, '').toLowerCase();
    const words = command.arguments.length + command.parameters.length;
    if (ALWAYS.has(program) || (BARE.has(program) && words === 0)) return program;
    // With more than the other computer's name it runs something there and comes back.
    if (program === 'ssh' && words <= 1) return program;
  }
  return undefined;
}
