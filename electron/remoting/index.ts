/**
 * PowerShell remoting from Node: the documented entry point. Usable without the app, and by the app only through here.
 *
 * ```ts
 * const pool = await connect({ server: 'z002.corp.example', userName: 'CORP\\ada', password });
 * for await (const process of new PowerShell(pool).addCommand('Get-Process').invoke()) console.log(process);
 * await pool.close();
 * ```
 *
 * - `connect`, `createPool`, `connectPool`: a {@link RunspacePool} over WinRM; `disconnect`, `reconnect`, `connectPipeline` leave a shell, come back
 *   to it and take over what runs in it.
 * - {@link PowerShell}: a pipeline, built command by command. {@link PipelineRun}: its output as an async iterable, with back-pressure.
 * - {@link PSHost}: what answers the server's questions.
 * - {@link ProcessConnection}, {@link connectPipe}: the same over pipes. {@link WsmanClient}: Test-WSMan, shells, winrs.
 *
 * docs/library.md goes through it, example by example; a test runs them all.
 */
export { readClientCertificate, type CertificateFiles } from './certificate-file.ts';
export { connect, createPool, httpClient, wsmanClient, type WinRmTarget } from './connect.ts';
export {
  CommandRun,
  CommandShell,
  type CommandOptions,
  type CommandOutput,
  type CommandShellOptions,
} from './command-shell.ts';
export type { CommandKind, CommandMetadata, ParameterMetadata } from '../protocol/psrp/command-metadata.ts';
export { connectPool } from './connect-pool.ts';
export { systemClock, type Clock } from './clock.ts';
export type {
  ConnectionEvents,
  DisconnectOptions,
  Interruption,
  PsrpStream,
  RemotingConnection,
  ServerPipeline,
  ShellControl,
} from './connection.ts';
export {
  NotSentError,
  OpenTimeoutError,
  OutputLostError,
  PipelineFailedError,
  PoolStateError,
  SendUncertainError,
} from './errors.ts';
export type { RetryOptions } from './link.ts';
export { ShellFault, shellFaultReason, type ShellFaultReason } from './shell-fault.ts';
export type { HostCallOutcome, PSHost } from './host.ts';
export { connectPipe, pipePath } from './pipe.ts';
export { PipelineRun, type PipelineRecord, type PipelineResult } from './pipeline-run.ts';
export { PowerShell, type InvokeOptions, type MergeableStream } from './powershell.ts';
export { ProcessConnection, type ProcessConnectionOptions } from './process-connection.ts';
export { passwordText, type Password, type SecretSource } from './secret.ts';
export { DEFAULT_AUTH, type AuthMethod, type SignInOptions } from './sign-in.ts';
export {
  RunspacePool,
  type PoolListener,
  type ReceivedMessages,
  type RunspacePoolOptions,
} from './runspace-pool.ts';
export { WsmanConnection, type SoapHttp, type WsmanConnectionOptions } from './wsman-connection.ts';
export { endProcess } from '../transport/gss/native.ts';
export type { PeerCertificate } from '../transport/errors.ts';
export type { VerifyCertificate } from '../transport/winrm-http/tls.ts';
export type { ClientCertificate } from '../transport/winrm-http/client-certificate.ts';
export { WsmanClient, type ShellWithCommands, type WsmanClientOptions } from './wsman-client.ts';
