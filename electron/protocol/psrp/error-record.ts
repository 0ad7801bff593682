import { PsObject, psRecord } from '../clixml/value.ts';
import type { PsValue } from '../clixml/value.ts';
import { ERROR_CATEGORIES } from './enums.ts';
import type { ErrorCategory } from './enums.ts';
import { Fields } from './fields.ts';

/** [MS-PSRP] 2.2.3.15 */
export interface ErrorRecord {
  /** What the person is told: the details where the command gave some, else the exception's. */
  readonly message: string;
  readonly exceptionType: string | undefined;
  readonly fullyQualifiedErrorId: string | undefined;
  readonly category: {
    readonly name: ErrorCategory;
    readonly activity: string | undefined;
    readonly reason: string | undefined;
    readonly targetName: string | undefined;
    readonly targetType: string | undefined;
    readonly message: string | undefined;
  };
  readonly recommendedAction: string | undefined;
  readonly scriptStackTrace: string | undefined;
  /** The object as it came, with all that is not named here: to be sent back as a pipeline's input, for one. */
  readonly raw: PsObject;
}

const TYPE_NAMES = ['System.Management.Automation.ErrorRecord', 'System.Object'];

/** [MS-PSRP] 2.2.3.15 */
export function decodeErrorRecord(value: PsValue | undefined): ErrorRecord {
  const fields = new Fields(value, 'ErrorRecord');
  const exception = fields.raw('Exception');
  const thrown = exception instanceof PsObject ? exception : undefined;
  const thrownMessage = thrown?.get('Message');
  const type = thrown?.typeNames[0];
  return {
    message:
      fields.optionalString('ErrorDetails_Message') ??
      (typeof thrownMessage === 'string' ? thrownMessage : undefined) ??
      fields.object.text ??
      '',
    exceptionType: type?.startsWith('Deserialized.') ? type.slice('Deserialized.'.length) : type,
    fullyQualifiedErrorId: fields.optionalString('FullyQualifiedErrorId'),
    category: {
      // A category of a later PowerShell is no reason to refuse the error.
      name: ERROR_CATEGORIES[fields.optionalInt('ErrorCategory_Category') ?? 0] ?? 'NotSpecified',
      activity: fields.optionalString('ErrorCategory_Activity'),
      reason: fields.optionalString('ErrorCategory_Reason'),
      targetName: fields.optionalString('ErrorCategory_TargetName'),
      targetType: fields.optionalString('ErrorCategory_TargetType'),
      message: fields.optionalString('ErrorCategory_Message'),
    },
    recommendedAction: fields.optionalString('ErrorDetails_RecommendedAction'),
    scriptStackTrace: fields.optionalString('ErrorDetails_ScriptStackTrace'),
    raw: fields.object,
  };
}

export interface NewErrorRecord {
  readonly message: string;
  /** Most derived first; default System.Exception. */
  readonly exceptionTypes?: readonly string[];
  readonly fullyQualifiedErrorId?: string;
  readonly category?: ErrorCategory;
  readonly targetObject?: PsValue;
}

/** An error of ours, as a host call's answer or an endpoint's state message carries it. [MS-PSRP] 2.2.3.15 */
export function errorRecord(error: NewErrorRecord): ErrorRecord {
  const types = [...(error.exceptionTypes ?? []), 'System.Exception', 'System.Object'];
  const exceptionTypes = types.filter((type, i) => types.indexOf(type) === i);
  const reason = exceptionTypes[0]?.split('.').at(-1) ?? 'Exception';
  const category = error.category ?? 'NotSpecified';
  const exception = new PsObject({
    typeNames: exceptionTypes,
    text: error.message,
    adapted: [
      ['Message', error.message],
      ['Data', null],
      ['InnerException', null],
      ['TargetSite', null],
      ['StackTrace', null],
      ['HelpLink', null],
      ['Source', null],
      ['HResult', -2146233088], // COR_E_EXCEPTION, what .NET gives a plain Exception
    ],
  });
  const raw = psRecord(
    {
      Exception: exception,
      TargetObject: error.targetObject ?? null,
      FullyQualifiedErrorId: error.fullyQualifiedErrorId ?? '',
      InvocationInfo: null,
      ErrorCategory_Category: ERROR_CATEGORIES.indexOf(category),
      ErrorCategory_Activity: '',
      ErrorCategory_Reason: reason,
      ErrorCategory_TargetName: '',
      ErrorCategory_TargetType: '',
      ErrorCategory_Message: `${category} (:) [], ${reason}`,
      SerializeExtendedInfo: false,
    },
    TYPE_NAMES,
  );
  raw.text = error.message;
  return decodeErrorRecord(raw);
}
