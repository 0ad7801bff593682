import { join } from 'node:path';
import { Settings } from '../../shared/settings.ts';
import { JsonFile } from './json-file.ts';

export class SettingsStore {
  readonly #file: JsonFile<typeof Settings>;
  #value: Settings = Settings.parse({});

  constructor(dataDir: string) {
    this.#file = new JsonFile(join(dataDir, 'settings.json'), Settings, () => Settings.parse({}));
  }

  /** Returns the name of a damaged file that was set aside. */
  async load(): Promise<string | undefined> {
    const loaded = await this.#file.load();
    this.#value = loaded.value;
    return loaded.setAside;
  }

  get value(): Settings {
    return this.#value;
  }

  async update(change: { [K in keyof Settings]?: Settings[K] | undefined }): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    this.#value = Settings.parse({ ...this.#value, ...given });
    await this.#file.save(this.#value);
    return this.#value;
  }
}
