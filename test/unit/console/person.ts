/** A person who types these answers; what they saw is kept, prompts included. */
import type { Dialogue } from '../../../electron/console/prompts.ts';
import { PsPrimitive } from '../../../electron/protocol/clixml/value.ts';

export function person(...answers: string[]): { dialogue: Dialogue; saw: string[] } {
  const saw: string[] = [];
  const next = (): Promise<string> => {
    const answer = answers.shift();
    return answer === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(answer);
  };
  return {
    saw,
    dialogue: {
      computerName: 'Z002',
      secure: (text) => Promise.resolve(new PsPrimitive('SS', `sealed(${text})`)),
      say: (text) => {
        saw.push(text);
        return Promise.resolve();
      },
      ask: (prompt, secret) => {
        saw.push(secret === true ? `${prompt}(masked)` : prompt);
        return next();
      },
      key: next,
    },
  };
}
