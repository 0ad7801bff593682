/**
 * The host's prompts as PowerShell's console host shows them: Prompt (mandatory parameters), PromptForCredential, PromptForChoice and
 * PromptForChoiceMultipleSelection. Pure dialogue over {@link Dialogue}; who draws and who answers is the session's business.
 */

export interface Dialogue {
  /** Lines of the page. */
  say(text: string): Promise<void>;
  /** One line; `secret` is masked and never echoed. Rejects where the person cancels. */
  ask(prompt: string, secret?: boolean): Promise<string>;
}

export interface PromptField {
  readonly name: string;
  readonly label: string;
  readonly helpMessage: string;
  readonly parameterTypeFullName: string;
}

export type FieldAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'secret'; readonly text: string }
  | { readonly kind: 'list'; readonly items: string[] }
  | { readonly kind: 'credential'; readonly userName: string; readonly password: string };

/** Host.UI.Prompt: every field in turn; array fields until an empty line. */
export async function promptForFields(
  dialogue: Dialogue,
  caption: string,
  message: string,
  fields: readonly PromptField[],
): Promise<Map<string, FieldAnswer>> {
  await sayHeading(dialogue, caption, message);
  if (fields.some((field) => field.helpMessage !== '')) await dialogue.say('(Type !? for Help.)');
  const answers = new Map<string, FieldAnswer>();
  for (const field of fields) answers.set(field.name, await promptForField(dialogue, field));
  return answers;
}

async function promptForField(dialogue: Dialogue, field: PromptField): Promise<FieldAnswer> {
  const { name: label } = splitLabel(field.label === '' ? field.name : field.label);
  const type = field.parameterTypeFullName;
  if (type === 'System.Security.SecureString') {
    return { kind: 'secret', text: await askWithHelp(dialogue, `${label}: `, field, true) };
  }
  if (type === 'System.Management.Automation.PSCredential') {
    await dialogue.say(label);
    return { kind: 'credential', ...(await askCredential(dialogue, '')) };
  }
  if (
    type.endsWith('[]') ||
    /^System\.Collections\.(?:ArrayList|IList|Generic\.(?:List|IList|ICollection)`1)/.test(type)
  ) {
    const items: string[] = [];
    for (;;) {
      const text = await askWithHelp(dialogue, `${label}[${String(items.length)}]: `, field, false);
      if (text === '') return { kind: 'list', items };
      items.push(text);
    }
  }
  return { kind: 'text', text: await askWithHelp(dialogue, `${label}: `, field, false) };
}

/** `!?` shows the field's help and asks again; `!!` at the start stands for one `!`, as in PowerShell's console. */
async function askWithHelp(
  dialogue: Dialogue,
  prompt: string,
  field: PromptField,
  secret: boolean,
): Promise<string> {
  for (;;) {
    const text = await dialogue.ask(prompt, secret);
    if (secret) return text;
    if (text === '!?') {
      await dialogue.say(
        field.helpMessage === '' ? `No help is available for ${field.name}.` : field.helpMessage,
      );
      continue;
    }
    return text.startsWith('!!') ? text.slice(1) : text;
  }
}

export interface CredentialQuestion {
  readonly caption: string;
  readonly message: string;
  readonly userName: string;
  /** Who asks: a password typed here goes to that machine. */
  readonly computerName: string;
}

export async function promptForCredential(
  dialogue: Dialogue,
  question: CredentialQuestion,
): Promise<{ userName: string; password: string }> {
  const caption = question.caption === '' ? 'PowerShell credential request' : question.caption;
  await dialogue.say(caption);
  await dialogue.say(
    `Warning: a script or program on ${question.computerName} asks for these credentials and will be able to read them. ` +
      'Type them only if you trust that computer and what runs there.',
  );
  if (question.message !== '') await dialogue.say(question.message);
  return await askCredential(dialogue, question.userName);
}

async function askCredential(
  dialogue: Dialogue,
  known: string,
): Promise<{ userName: string; password: string }> {
  const userName = known === '' ? await dialogue.ask('User: ') : known;
  const password = await dialogue.ask(`Password for user ${userName}: `, true);
  return { userName, password };
}

export interface Choice {
  readonly label: string;
  readonly helpMessage: string;
}

export async function promptForChoice(
  dialogue: Dialogue,
  caption: string,
  message: string,
  choices: readonly Choice[],
  defaultChoice: number,
): Promise<number> {
  await sayHeading(dialogue, caption, message);
  const menu = `${choiceMenu(choices, defaultChoice >= 0 ? [defaultChoice] : [])}: `;
  for (;;) {
    const text = (await dialogue.ask(menu)).trim();
    if (text === '' && defaultChoice >= 0) return defaultChoice;
    if (text === '?') {
      await sayHelp(dialogue, choices);
      continue;
    }
    const chosen = findChoice(choices, text);
    if (chosen >= 0) return chosen;
  }
}

export async function promptForChoices(
  dialogue: Dialogue,
  caption: string,
  message: string,
  choices: readonly Choice[],
  defaults: readonly number[],
): Promise<number[]> {
  await sayHeading(dialogue, caption, message);
  await dialogue.say(choiceMenu(choices, defaults));
  const chosen: number[] = [];
  for (;;) {
    const text = (await dialogue.ask(`Choice[${String(chosen.length)}]: `)).trim();
    if (text === '') return chosen.length === 0 ? [...defaults] : chosen;
    if (text === '?') {
      await sayHelp(dialogue, choices);
      continue;
    }
    const index = findChoice(choices, text);
    if (index >= 0) chosen.push(index);
  }
}

async function sayHeading(dialogue: Dialogue, caption: string, message: string): Promise<void> {
  if (caption !== '') await dialogue.say(`\n${caption}`);
  if (message !== '') await dialogue.say(message);
}

/** `[Y] Yes  [N] No  [?] Help (default is "N")`. */
export function choiceMenu(choices: readonly Choice[], defaults: readonly number[]): string {
  const shown = choices.map((choice) => {
    const { key, name } = splitLabel(choice.label);
    return key === '' ? name : `[${key}] ${name}`;
  });
  const names = defaults
    .map((index) => choices[index])
    .filter((choice) => choice !== undefined)
    .map((choice) => splitLabel(choice.label))
    .map(({ key, name }) => (key === '' ? name : key));
  const tail =
    names.length === 0
      ? ''
      : names.length === 1
        ? ` (default is "${names[0] ?? ''}")`
        : ` (default choices are ${names.join(',')})`;
  return `${[...shown, '[?] Help'].join('  ')}${tail}`;
}

async function sayHelp(dialogue: Dialogue, choices: readonly Choice[]): Promise<void> {
  for (const choice of choices) {
    const { key, name } = splitLabel(choice.label);
    await dialogue.say(`${key === '' ? name : key} - ${choice.helpMessage}`);
  }
}

/** `&Yes` → key Y, name Yes. A label without `&` has no key and is chosen by its whole name. */
export function splitLabel(label: string): { key: string; name: string } {
  const at = label.indexOf('&');
  if (at < 0 || at === label.length - 1) return { key: '', name: label.replace('&', '') };
  return { key: label.charAt(at + 1).toUpperCase(), name: label.slice(0, at) + label.slice(at + 1) };
}

function findChoice(choices: readonly Choice[], text: string): number {
  const wanted = text.toLowerCase();
  const byName = choices.findIndex((choice) => splitLabel(choice.label).name.toLowerCase() === wanted);
  return byName >= 0
    ? byName
    : choices.findIndex((choice) => splitLabel(choice.label).key.toLowerCase() === wanted && wanted !== '');
}
