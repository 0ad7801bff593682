/** The names WS-Management for shells is made of: namespaces, actions, resources, options, signals ([MS-WSMV] 2.2.1, 2.2.4, 3.1.4). */

export const NS = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  transfer: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  enumeration: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  wsmv: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  shell: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  fault: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
  config: 'http://schemas.microsoft.com/wbem/wsman/1/config',
  identity: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
  powershell: 'http://schemas.microsoft.com/powershell',
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const;

const SHELL_ACTION = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
const TRANSFER_ACTION = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';
const ENUMERATION_ACTION = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration';

/** `wsa:Action` of each request; its answer is the same with `Response` at the end. */
export const ACTION = {
  get: `${TRANSFER_ACTION}/Get`,
  put: `${TRANSFER_ACTION}/Put`,
  create: `${TRANSFER_ACTION}/Create`,
  delete: `${TRANSFER_ACTION}/Delete`,
  enumerate: `${ENUMERATION_ACTION}/Enumerate`,
  pull: `${ENUMERATION_ACTION}/Pull`,
  command: `${SHELL_ACTION}/Command`,
  send: `${SHELL_ACTION}/Send`,
  receive: `${SHELL_ACTION}/Receive`,
  signal: `${SHELL_ACTION}/Signal`,
  connect: `${SHELL_ACTION}/Connect`,
  disconnect: `${SHELL_ACTION}/Disconnect`,
  reconnect: `${SHELL_ACTION}/Reconnect`,
} as const;

export function responseAction(action: string): string {
  return `${action}Response`;
}

export const FAULT_ACTION = {
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing/fault',
  enumeration: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault',
} as const;

export const RESOURCE = {
  /** Every shell of the server, for Enumerate and Get. */
  shell: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  /** The commands of one shell, for Enumerate with a filter. */
  command: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command',
  /** The winrs shell. */
  cmd: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd',
  config: 'http://schemas.microsoft.com/wbem/wsman/1/config',
  /** Followed by the name of a session configuration. */
  powershellPrefix: 'http://schemas.microsoft.com/powershell/',
} as const;

export function powershellResource(configurationName: string): string {
  return RESOURCE.powershellPrefix + configurationName;
}

export const ANONYMOUS = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous';

export const OPTION = {
  protocolVersion: 'protocolversion',
  noProfile: 'WINRS_NOPROFILE',
  codePage: 'WINRS_CODEPAGE',
  consoleModeStdin: 'WINRS_CONSOLEMODE_STDIN',
  skipCmdShell: 'WINRS_SKIP_CMD_SHELL',
  keepAlive: 'WSMAN_CMDSHELL_OPTION_KEEPALIVE',
} as const;

/** What a Signal may ask ([MS-WSMV] 2.2.4.38). */
export const SIGNAL = {
  ctrlC: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/ctrl_c',
  ctrlBreak: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/ctrl_break',
  terminate: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/Terminate',
  /** Stops a PowerShell pipeline. The spelling is the one the server knows ([MS-PSRP] 3.1.5.3.10). */
  powershellStop: 'powershell/signal/crtl_c',
} as const;

export const COMMAND_STATE_PREFIX = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/';

export const FILTER_DIALECT = {
  selector: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter',
} as const;
