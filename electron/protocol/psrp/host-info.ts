/**
 * What the client tells the server of its host ([MS-PSRP] 2.2.3.14). Good HostDefaultData spares host calls: the server answers the
 * getters of name, colours, sizes and title from it.
 */
import { PsObject, psRecord } from '../clixml/value.ts';
import type { PsValue } from '../clixml/value.ts';
import { ProtocolError } from '../errors.ts';
import { Fields, asInt, entriesOf } from './fields.ts';

export interface Coordinates {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** [MS-PSRP] 2.2.3.14, the ten values of `_hostDefaultData` by key. Colours are ConsoleColor, 0 to 15. */
export interface HostDefaultData {
  readonly foregroundColor: number;
  readonly backgroundColor: number;
  readonly cursorPosition: Coordinates;
  readonly windowPosition: Coordinates;
  /** Per cent of a cell. */
  readonly cursorSize: number;
  readonly bufferSize: Size;
  readonly windowSize: Size;
  readonly maxWindowSize: Size;
  readonly maxPhysicalWindowSize: Size;
  readonly windowTitle: string;
}

export interface HostInfo {
  readonly isHostNull: boolean;
  readonly isHostUINull: boolean;
  readonly isHostRawUINull: boolean;
  /** A pipeline that uses the pool's host. */
  readonly useRunspaceHost: boolean;
  readonly defaults?: Partial<HostDefaultData>;
}

export const NO_HOST: HostInfo = {
  isHostNull: true,
  isHostUINull: true,
  isHostRawUINull: true,
  useRunspaceHost: false,
};
/** What a pipeline says that has no host of its own. */
export const POOL_HOST: HostInfo = { ...NO_HOST, useRunspaceHost: true };

/** A host with user interface and raw user interface. */
export function interactiveHost(defaults: HostDefaultData): HostInfo {
  return { isHostNull: false, isHostUINull: false, isHostRawUINull: false, useRunspaceHost: false, defaults };
}

const COLOR = 'System.ConsoleColor';
const COORDINATES = 'System.Management.Automation.Host.Coordinates';
const SIZE = 'System.Management.Automation.Host.Size';

/** Key, type and name of each value. */
const DEFAULTS = [
  [0, COLOR, 'foregroundColor'],
  [1, COLOR, 'backgroundColor'],
  [2, COORDINATES, 'cursorPosition'],
  [3, COORDINATES, 'windowPosition'],
  [4, 'System.Int32', 'cursorSize'],
  [5, SIZE, 'bufferSize'],
  [6, SIZE, 'windowSize'],
  [7, SIZE, 'maxWindowSize'],
  [8, SIZE, 'maxPhysicalWindowSize'],
  [9, 'System.String', 'windowTitle'],
] as const;

export function encodeCoordinates(value: Coordinates): PsObject {
  return psRecord({ x: value.x, y: value.y });
}

export function encodeSize(value: Size): PsObject {
  return psRecord({ width: value.width, height: value.height });
}

export function decodeCoordinates(value: PsValue | undefined): Coordinates {
  const fields = new Fields(value, 'Coordinates');
  return { x: fields.int('x'), y: fields.int('y') };
}

export function decodeSize(value: PsValue | undefined): Size {
  const fields = new Fields(value, 'Size');
  return { width: fields.int('width'), height: fields.int('height') };
}

/** [MS-PSRP] 2.2.3.14 */
export function encodeHostInfo(info: HostInfo): PsObject {
  return psRecord({
    _isHostNull: info.isHostNull,
    _isHostUINull: info.isHostUINull,
    _isHostRawUINull: info.isHostRawUINull,
    _useRunspaceHost: info.useRunspaceHost,
    _hostDefaultData: info.defaults ? psRecord({ data: encodeDefaults(info.defaults) }) : undefined,
  });
}

function encodeDefaults(defaults: Partial<HostDefaultData>): PsObject {
  const entries: [PsValue, PsValue][] = [];
  for (const [key, type, name] of DEFAULTS) {
    const value = defaults[name];
    if (value === undefined) continue;
    entries.push([key, psRecord({ T: type, V: encodeDefault(value) })]);
  }
  return new PsObject({
    typeNames: ['System.Collections.Hashtable', 'System.Object'],
    container: { kind: 'DCT', entries },
  });
}

function encodeDefault(value: number | string | Coordinates | Size): PsValue {
  if (typeof value !== 'object') return value;
  return 'x' in value ? encodeCoordinates(value) : encodeSize(value);
}

/** [MS-PSRP] 2.2.3.14. Keys that are not known are left out. */
export function decodeHostInfo(value: PsValue | undefined): HostInfo {
  const fields = new Fields(value, 'HostInfo');
  const data = fields.optionalObject('_hostDefaultData');
  return {
    isHostNull: fields.boolean('_isHostNull'),
    isHostUINull: fields.boolean('_isHostUINull'),
    isHostRawUINull: fields.boolean('_isHostRawUINull'),
    useRunspaceHost: fields.boolean('_useRunspaceHost'),
    ...(data ? { defaults: decodeDefaults(data) } : {}),
  };
}

function decodeDefaults(data: PsObject): Partial<HostDefaultData> {
  const defaults: Record<string, number | string | Coordinates | Size> = {};
  for (const [key, entry] of entriesOf(data.get('data'), 'HostDefaultData')) {
    const known = DEFAULTS.find(([id]) => id === key);
    if (known === undefined) continue;
    const [, type, name] = known;
    const value = new Fields(entry, 'HostDefaultData').raw('V');
    defaults[name] = decodeDefault(type, value, name);
  }
  return defaults;
}

function decodeDefault(
  type: string,
  value: PsValue | undefined,
  name: string,
): number | string | Coordinates | Size {
  if (type === COORDINATES) return decodeCoordinates(value);
  if (type === SIZE) return decodeSize(value);
  const plain = type === 'System.String' ? value : asInt(value);
  if (typeof plain === 'string' || typeof plain === 'number') return plain;
  throw new ProtocolError('psrp.data.field', `${name} of HostDefaultData has the wrong type.`, { name });
}
