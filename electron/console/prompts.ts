/**
 * The host's prompts as PowerShell's console host shows them: Prompt (mandatory parameters), PromptForCredential, PromptForChoice and
 * PromptForChoiceMultipleSelection. Pure dialogue over {@link Dialogue}: who draws and who answers is the caller's business.
 */
import { psList, type PsPrimitive, type PsValue } from '../protocol/clixml/value.ts';
import * as codecs from '../protocol/psrp/host-values.ts';

export interface Dialogue {
  /** Who asks: what is typed here goes to that machine. */
  readonly computerName: string;
  /** Lines. */
  say(text: string): Promise<void>;
  /** One line; a secret one is masked and never echoed. Rejects where the person cancels. */
  ask(prompt: string, secret?: boolean): Promise<string>;
  /** One key press, as a terminal sends it. Rejects where the person cancels. */
  key(): Promise<string>;
  /** A typed secret as the session carries it. */
  secure(text: string): Promise<PsPrimitive<'SS'>>;
}

/** What of a field's description shows, and decides how it is asked for. */
type PromptField = Pick<codecs.FieldDescription, 'name' | 'label' | 'helpMessage' | 'parameterTypeFullName'>;

const LIST_TYPE = /\[\]$|^System\.Collections\.(?:ArrayList|IList|Generic\.(?:List|IList|ICollection)`1)/;

/** Host.UI.Prompt: every field in turn; a list until an empty line. */
export async function promptForFields(
  dialogue: Dialogue,
  caption: string,
  message: string,
  fields: readonly PromptField[],
): Promise<Map<string, PsValue>> {
  await sayHeading(dialogue, caption, message);
  if (fields.some((field) => field.helpMessage !== '')) await dialogue.say('(Type !? for Help.)');
  const answers = new Map<string, PsValue>();
  for (const field of fields) answers.set(field.name, await promptForField(dialogue, field));
  return answers;
}

async function promptForField(dialogue: Dialogue, field: PromptField): Promise<PsValue> {
  const label = readLabel(field.label === '' ? field.name : field.label).name;
  const type = field.parameterTypeFullName ?? '';
  if (type === 'System.Security.SecureString') {
    return await dialogue.secure(await dialogue.ask(`${label}: `, true));
  }
  if (type === 'System.Management.Automation.PSCredential') {
    await dialogue.say(label);
    return codecs.credential.encode(await askCredential(dialogue, ''));
  }
  if (!LIST_TYPE.test(type)) return await askWithHelp(dialogue, `${label}: `, field);
  const items: string[] = [];
  for (;;) {
    const text = await askWithHelp(dialogue, `${label}[${String(items.length)}]: `, field);
    if (text === '') return psList(items, ['System.Object[]', 'System.Array', 'System.Object']);
    items.push(text);
  }
}

/** `!?` shows the field's help and asks again; `!!` at the start stands for one `!`, as in PowerShell's console. */
async function askWithHelp(dialogue: Dialogue, prompt: string, field: PromptField): Promise<string> {
  for (;;) {
    const text = await dialogue.ask(prompt);
    if (text !== '!?') return text.startsWith('!!') ? text.slice(1) : text;
    await dialogue.say(
      field.helpMessage === '' ? `No help is available for ${field.name}.` : field.helpMessage,
    );
  }
}

export async function promptForCredential(
  dialogue: Dialogue,
  question: { caption: string; message: string; userName: string | undefined },
): Promise<codecs.HostCredential> {
  await dialogue.say(question.caption === '' ? 'PowerShell credential request' : question.caption);
  await dialogue.say(
    `Warning: a script or program on ${dialogue.computerName} asks for these credentials and will be able to read them. ` +
      'Type them only if you trust that computer and what runs there.',
  );
  if (question.message !== '') await dialogue.say(question.message);
  return await askCredential(dialogue, question.userName ?? '');
}

async function askCredential(dialogue: Dialogue, known: string): Promise<codecs.HostCredential> {
  const userName = known === '' ? await dialogue.ask('User: ') : known;
  return {
    userName,
    password: await dialogue.secure(await dialogue.ask(`Password for user ${userName}: `, true)),
  };
}

interface ChoiceQuestion {
  readonly caption: string;
  readonly message: string;
  readonly choices: readonly codecs.ChoiceDescription[];
}

export async function promptForChoice(
  dialogue: Dialogue,
  question: ChoiceQuestion & { readonly defaultChoice: number },
): Promise<number> {
  const { caption, message, choices, defaultChoice } = question;
  await sayHeading(dialogue, caption, message);
  const menu = `${choiceMenu(choices, defaultChoice >= 0 ? [defaultChoice] : [])}: `;
  for (;;) {
    const text = (await dialogue.ask(menu)).trim();
    if (text === '' && defaultChoice >= 0) return defaultChoice;
    if (text === '?') await sayHelp(dialogue, choices);
    const chosen = findChoice(choices, text);
    if (chosen >= 0) return chosen;
  }
}

export async function promptForChoices(
  dialogue: Dialogue,
  question: ChoiceQuestion & { readonly defaultChoices: readonly number[] },
): Promise<number[]> {
  const { caption, message, choices, defaultChoices } = question;
  await sayHeading(dialogue, caption, message);
  await dialogue.say(choiceMenu(choices, defaultChoices));
  const chosen: number[] = [];
  for (;;) {
    const text = (await dialogue.ask(`Choice[${String(chosen.length)}]: `)).trim();
    if (text === '') return chosen.length === 0 ? [...defaultChoices] : chosen;
    if (text === '?') await sayHelp(dialogue, choices);
    const index = findChoice(choices, text);
    if (index >= 0) chosen.push(index);
  }
}

async function sayHeading(dialogue: Dialogue, caption: string, message: string): Promise<void> {
  if (caption !== '') await dialogue.say(`\n${caption}`);
  if (message !== '') await dialogue.say(message);
}

/** `[Y] Yes  [N] No  [?] Help (default is "N")`. */
export function choiceMenu(
  choices: readonly codecs.ChoiceDescription[],
  defaults: readonly number[],
): string {
  const labels = choices.map(({ label }) => readLabel(label));
  const shown = labels.map(({ key, name }) => (key === '' ? name : `[${key}] ${name}`));
  const names = defaults.flatMap((index) => {
    const label = labels[index];
    return label === undefined ? [] : [label.key === '' ? label.name : label.key];
  });
  const menu = [...shown, '[?] Help'].join('  ');
  if (names.length === 0) return menu;
  return names.length === 1
    ? `${menu} (default is "${names[0] ?? ''}")`
    : `${menu} (default choices are ${names.join(',')})`;
}

async function sayHelp(dialogue: Dialogue, choices: readonly codecs.ChoiceDescription[]): Promise<void> {
  for (const { label, helpMessage } of choices) {
    const { key, name } = readLabel(label);
    await dialogue.say(`${key === '' ? name : key} - ${helpMessage}`);
  }
}

/** `&Yes` has the key Y; a label without `&` is chosen by its whole name. */
function readLabel(label: string): { key: string; name: string } {
  const at = label.indexOf('&');
  if (at < 0 || at === label.length - 1) return { key: '', name: label.replace('&', '') };
  return { key: label.charAt(at + 1).toUpperCase(), name: label.slice(0, at) + label.slice(at + 1) };
}

function findChoice(choices: readonly codecs.ChoiceDescription[], text: string): number {
  if (text === '') return -1;
  const wanted = text.toLowerCase();
  const labels = choices.map(({ label }) => readLabel(label));
  const byName = labels.findIndex(({ name }) => name.toLowerCase() === wanted);
  return byName >= 0 ? byName : labels.findIndex(({ key }) => key !== '' && key.toLowerCase() === wanted);
}
