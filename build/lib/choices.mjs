import { Problem } from './problem.mjs';

export const USAGE = `npm start -- [options]

  --browser           the browser shell, also where a native window could be had
  --port N            its port (a free one)
  --no-open           open no browser, only print the address
  --install-electron  fetch Electron's runtime again after a failure
  --help
`;

/**
 * What the person asked of `npm start`.
 * @param {readonly string[]} args
 */
export function readChoices(args) {
  const choices = { browser: false, open: true, installElectron: false, help: false };
  for (let at = 0; at < args.length; at += 1) {
    const [name, joined] = splitOnce(args[at] ?? '');
    if (name === '--port') {
      const given = joined ?? args[(at += 1)];
      if (!/^\d{1,5}$/.test(given ?? '') || Number(given) > 65535) {
        throw new Problem('--port wants a number from 0 to 65535');
      }
      choices.port = Number(given);
      choices.browser = true;
    } else if (joined !== undefined) throw new Problem(`${name} takes no value`);
    else if (name === '--browser') choices.browser = true;
    else if (name === '--no-open') choices.open = false;
    else if (name === '--install-electron') choices.installElectron = true;
    else if (name === '--help' || name === '-h') choices.help = true;
    else throw new Problem(`${name} is not known; npm start -- --help says what is`);
  }
  return choices;
}

/** @param {string} argument */
function splitOnce(argument) {
  const at = argument.startsWith('--') ? argument.indexOf('=') : -1;
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}
