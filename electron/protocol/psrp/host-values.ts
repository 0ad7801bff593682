/**
 * How the arguments and results of host calls are written ([MS-PSRP] 2.2.6): one codec a type.
 */
import { PsObject, PsPrimitive, psGuid, psList, psRecord, psVersion } from '../clixml/value.ts';
import type { PsValue } from '../clixml/value.ts';
import { ProtocolError } from '../errors.ts';
import { Fields, asInt, entriesOf, kindOf } from './fields.ts';
import { decodeCoordinates, decodeSize, encodeCoordinates, encodeSize } from './host-info.ts';
import type { Coordinates, Size } from './host-info.ts';
import { decodeProgressRecord, encodeProgressRecord } from './messages/progress-record.ts';
import type { ProgressRecord } from './messages/progress-record.ts';

export interface ValueCodec<T> {
  decode(value: PsValue | undefined): T;
  encode(value: T): PsValue;
}

/** In cells, all four edges within. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** [MS-PSRP] 2.2.3.28. The type is 0 Complete, 1 Leading, 2 Trailing half of a wide character. */
export interface BufferCell {
  readonly character: string;
  readonly foregroundColor: number;
  readonly backgroundColor: number;
  readonly bufferCellType: number;
}

/** [MS-PSRP] 2.2.3.26 */
export interface KeyInfo {
  readonly virtualKeyCode: number;
  /** One UTF-16 code unit. */
  readonly character: string;
  /** Flags of ControlKeyStates. */
  readonly controlKeyState: number;
  readonly keyDown: boolean;
}

/** A field that Prompt asks for. */
export interface FieldDescription {
  readonly name: string;
  readonly label: string;
  /** The type's short name, as `String` or `SecureString`. */
  readonly parameterTypeName: string | undefined;
  readonly parameterTypeFullName: string | undefined;
  readonly parameterAssemblyFullName: string | undefined;
  readonly helpMessage: string;
  readonly isMandatory: boolean;
  readonly defaultValue: PsValue;
}

export interface ChoiceDescription {
  /** `&` stands before the hot key. */
  readonly label: string;
  readonly helpMessage: string;
}

export interface HostCredential {
  readonly userName: string;
  readonly password: PsPrimitive<'SS'>;
}

function wrong(expected: string, value: PsValue | undefined): ProtocolError {
  return new ProtocolError('psrp.host-call.value', `A host call's value is not ${expected}.`, {
    expected,
    found: kindOf(value),
  });
}

function oneOf<T>(
  expected: string,
  pick: (value: PsValue) => T | undefined,
  encode: (value: T) => PsValue,
): ValueCodec<T> {
  return {
    encode,
    decode(value) {
      const picked = value === undefined || value === null ? undefined : pick(value);
      if (picked === undefined) throw wrong(expected, value);
      return picked;
    },
  };
}

/** Text; .NET's null reads as empty. */
export const text: ValueCodec<string> = {
  encode: (value) => value,
  decode(value) {
    if (value === null || value === undefined) return '';
    const inner = value instanceof PsObject ? (value.base ?? value.text) : value;
    if (typeof inner !== 'string') throw wrong('text', value);
    return inner;
  },
};

export const optionalText: ValueCodec<string | undefined> = {
  encode: (value) => value ?? null,
  decode: (value) => (value === null || value === undefined ? undefined : text.decode(value)),
};

/** A number or an enum's value. */
export const int = oneOf<number>('a number', asInt, (value) => value);

export const long = oneOf<bigint>(
  'a 64-bit number',
  (value) => (typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(value) : undefined),
  (value) => value,
);

export const boolean = oneOf<boolean>(
  'a boolean',
  (value) => (typeof value === 'boolean' ? value : undefined),
  (value) => value,
);

export const guid = oneOf<string>(
  'a GUID',
  (value) => (value instanceof PsPrimitive && value.is('G') ? value.value : undefined),
  psGuid,
);

export const version = oneOf<string>(
  'a version',
  (value) => (value instanceof PsPrimitive && value.is('Version') ? value.value : undefined),
  psVersion,
);

export const secureString = oneOf<PsPrimitive<'SS'>>(
  'a secure string',
  (value) => (value instanceof PsPrimitive && value.is('SS') ? value : undefined),
  (value) => value,
);

export const raw: ValueCodec<PsValue> = { encode: (value) => value, decode: (value) => value ?? null };

export const coordinates: ValueCodec<Coordinates> = { encode: encodeCoordinates, decode: decodeCoordinates };
export const size: ValueCodec<Size> = { encode: encodeSize, decode: decodeSize };
export const progress: ValueCodec<ProgressRecord> = {
  encode: encodeProgressRecord,
  decode: decodeProgressRecord,
};

export const rectangle: ValueCodec<Rectangle> = {
  encode: ({ left, top, right, bottom }) => psRecord({ left, top, right, bottom }),
  decode(value) {
    const fields = new Fields(value, 'Rectangle');
    return {
      left: fields.int('left'),
      top: fields.int('top'),
      right: fields.int('right'),
      bottom: fields.int('bottom'),
    };
  },
};

/** One UTF-16 code unit; .NET's '\0' stands for none. */
function encodeCharacter(character: string): PsPrimitive<'C'> {
  return new PsPrimitive('C', character === '' ? 0 : character.charCodeAt(0));
}

function decodeCharacter(fields: Fields): string {
  const value = fields.raw('character');
  if (value instanceof PsPrimitive && value.is('C')) return String.fromCharCode(value.value);
  if (typeof value === 'string' && value.length === 1) return value;
  throw wrong('a character', value);
}

export const bufferCell: ValueCodec<BufferCell> = {
  encode: (cell) =>
    psRecord({
      character: encodeCharacter(cell.character),
      foregroundColor: cell.foregroundColor,
      backgroundColor: cell.backgroundColor,
      bufferCellType: cell.bufferCellType,
    }),
  decode(value) {
    const fields = new Fields(value, 'BufferCell');
    return {
      character: decodeCharacter(fields),
      foregroundColor: fields.int('foregroundColor'),
      backgroundColor: fields.int('backgroundColor'),
      bufferCellType: fields.int('bufferCellType'),
    };
  },
};

export const keyInfo: ValueCodec<KeyInfo> = {
  encode: (key) =>
    psRecord({
      virtualKeyCode: key.virtualKeyCode,
      character: encodeCharacter(key.character),
      controlKeyState: key.controlKeyState,
      keyDown: key.keyDown,
    }),
  decode(value) {
    const fields = new Fields(value, 'KeyInfo');
    return {
      virtualKeyCode: fields.int('virtualKeyCode'),
      character: decodeCharacter(fields),
      controlKeyState: fields.int('controlKeyState'),
      keyDown: fields.boolean('keyDown'),
    };
  },
};

/** Rows of cells: a two-dimensional array is its elements in one list and its lengths in another ([MS-PSRP] 2.2.6). */
export const bufferCells: ValueCodec<readonly (readonly BufferCell[])[]> = {
  encode: (rows) =>
    psRecord({
      mae: psList(rows.flat().map((cell) => bufferCell.encode(cell))),
      mal: psList([rows.length, rows[0]?.length ?? 0]),
    }),
  decode(value) {
    const fields = new Fields(value, 'BufferCell[,]');
    const cells = fields.items('mae');
    const lengths = fields.items('mal').map((item) => int.decode(item));
    const [height = 0, width = 0] = lengths;
    if (lengths.length !== 2 || height < 0 || width < 0 || height * width !== cells.length) {
      throw wrong('a rectangle of cells', value);
    }
    // No rows are made of nothing: a height without a width would cost memory that nobody sent.
    if (width === 0) return [];
    return Array.from({ length: height }, (_, row) =>
      cells.slice(row * width, (row + 1) * width).map((cell) => bufferCell.decode(cell)),
    );
  },
};

/** The elements of a .NET array, whose lengths (`mal`) say nothing new where it has one dimension. */
function elementsOf(array: PsObject): readonly PsValue[] | undefined {
  const elements = array.get('mae');
  return elements instanceof PsObject ? elements.items : undefined;
}

/** A collection, or an array of one dimension: .NET sends either, as the caller made it ([MS-PSRP] 2.2.6). */
export function list<T>(item: ValueCodec<T>): ValueCodec<readonly T[]> {
  return {
    encode: (values) => psList(values.map((value) => item.encode(value))),
    decode(value) {
      if (value === null || value === undefined) return [];
      if (!(value instanceof PsObject)) throw wrong('a list', value);
      const items = value.items ?? elementsOf(value);
      if (items === undefined) throw wrong('a list', value);
      return items.map((each) => item.decode(each));
    },
  };
}

export const choice: ValueCodec<ChoiceDescription> = {
  encode: ({ label, helpMessage }) => psRecord({ label, helpMessage }),
  decode(value) {
    const fields = new Fields(value, 'ChoiceDescription');
    return {
      label: fields.optionalString('label') ?? '',
      helpMessage: fields.optionalString('helpMessage') ?? '',
    };
  },
};

export const fieldDescription: ValueCodec<FieldDescription> = {
  encode: (field) =>
    psRecord({
      name: field.name,
      label: field.label,
      parameterTypeName: field.parameterTypeName ?? null,
      parameterTypeFullName: field.parameterTypeFullName ?? null,
      parameterAssemblyFullName: field.parameterAssemblyFullName ?? null,
      helpMessage: field.helpMessage,
      isMandatory: field.isMandatory,
      metadata: psList([]),
      modifiedByRemotingProtocol: false,
      isFromRemoteHost: false,
      defaultValue: field.defaultValue ?? undefined,
    }),
  decode(value) {
    const fields = new Fields(value, 'FieldDescription');
    return {
      name: fields.string('name'),
      label: fields.optionalString('label') ?? '',
      parameterTypeName: fields.optionalString('parameterTypeName'),
      parameterTypeFullName: fields.optionalString('parameterTypeFullName'),
      parameterAssemblyFullName: fields.optionalString('parameterAssemblyFullName'),
      helpMessage: fields.optionalString('helpMessage') ?? '',
      isMandatory: fields.optionalBoolean('isMandatory') ?? false,
      defaultValue: fields.raw('defaultValue') ?? null,
    };
  },
};

/** What Prompt returns: a value for each field's name. */
export const answers: ValueCodec<ReadonlyMap<string, PsValue>> = {
  encode: (map) =>
    new PsObject({
      typeNames: ['System.Collections.Hashtable', 'System.Object'],
      container: { kind: 'DCT', entries: [...map] },
    }),
  decode: (value) => new Map(entriesOf(value, 'Prompt').map(([key, answer]) => [text.decode(key), answer])),
};

/** [MS-PSRP] 2.2.3.25 */
export const credential: ValueCodec<HostCredential> = {
  encode: ({ userName, password }) =>
    new PsObject({
      typeNames: ['System.Management.Automation.PSCredential', 'System.Object'],
      text: 'System.Management.Automation.PSCredential',
      adapted: [
        ['UserName', userName],
        ['Password', password],
      ],
    }),
  decode(value) {
    const fields = new Fields(value, 'PSCredential');
    return { userName: fields.string('UserName'), password: secureString.decode(fields.raw('Password')) };
  },
};
