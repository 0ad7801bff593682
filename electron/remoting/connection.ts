/**
 * One interface for every way PSRP can travel: WSMan over HTTP(S), out-of-process lines over a child process, a named pipe or a Unix
 * socket, later SSH. A connection carries fragments and knows nothing of what is in them.
 */

/** Which of the two channels to the server a payload takes ([MS-PSRP] 3.1.5.3.4): input, or answers to host calls. */
export type PsrpStream = 'default' | 'promptResponse';

/** What a connection tells the pool that owns it. Called in order, never re-entrantly, never after `onClosed`. */
export interface ConnectionEvents {
  /**
   * Fragment bytes from the server, for a pipeline or (undefined) for the pool. The connection does not read on for that target until
   * the returned promise resolves: this is the back-pressure.
   */
  onData(data: Uint8Array, pipelineId: string | undefined): void | Promise<void>;
  /** The server says the pipeline's command is done: nothing more comes for it. */
  onPipelineEnded(pipelineId: string, error?: Error): void;
  /** The connection is over. Undefined when we closed it. */
  onClosed(error: Error | undefined): void;
  /** The server cannot be reached, for the reason given; the connection tries again by itself. */
  onInterrupted?(interruption: Interruption): void;
  /** The server answers again. */
  onResumed?(): void;
  /** An answer of the server to the standing Receive of this target may have been lost on the way. */
  onAnswerLost?(pipelineId: string | undefined): void;
  /** We are disconnected, not by our own doing: the shell may stand on the server still, and `reconnect` may bring us back. */
  onDisconnected?(error: Error): void;
}

/** A connection that is interrupted, as it stands before the next attempt. */
export interface Interruption {
  /** Why the last attempt failed. */
  readonly error: Error;
  /** Attempts so far. */
  readonly attempts: number;
  /** How long until the next one. */
  readonly retryInMs: number;
  /** How long until it is given up. */
  readonly giveUpInMs: number;
}

/** [MS-PSRP] 3.1.5.3.16 */
export interface DisconnectOptions {
  /** How long the server keeps the shell without a client. Default: as it was made. */
  readonly idleTimeoutMs?: number;
  /** What happens to output once the server's buffer is full: the command waits, or the output is lost. Default: as it was. */
  readonly bufferMode?: 'Block' | 'Drop';
}

/** A command of a shell, as the server lists it. */
export interface ServerPipeline {
  readonly id: string;
  readonly state?: string;
}

export interface RemotingConnection {
  readonly kind: 'wsman' | 'process' | 'pipe';
  /** Facts for the status bar and errors. */
  readonly target: {
    readonly computerName: string;
    readonly configurationName: string;
    readonly userName?: string;
    /** How it is signed in to, for people; known once it is. */
    readonly security?: string | undefined;
  };
  /** How many bytes of fragments fit in one call of each kind, as negotiated so far. */
  capacity(call: 'open' | 'connect' | 'pipeline' | 'send', stream?: PsrpStream): number;
  /** The server's PSRP version is known: larger payloads may fit. */
  protocolNegotiated?(version: string): void;
  /** Make the remote shell with the opening fragments (SESSION_CAPABILITY and INIT_RUNSPACEPOOL). */
  open(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void>;
  /** Make a pipeline with its first fragments. */
  createPipeline(pipelineId: string, data: Uint8Array): Promise<void>;
  send(data: Uint8Array, stream: PsrpStream, pipelineId: string | undefined): Promise<void>;
  /** Ctrl+C: ask the server to stop the pipeline. The pipeline's state message follows as data. */
  stopPipeline(pipelineId: string): Promise<void>;
  /** The pipeline is done with; free it on the server. Never fails. */
  closePipeline(pipelineId: string): Promise<void>;
  /** Ends the wait before the next attempt, where the server cannot be reached. */
  retryNow?(): void;
  /** The computer slept, or is on another network: what waits for an answer may wait for nothing. */
  networkChanged?(): void;
  /** How long the server keeps the shell without a client, in its own words; known once it is made. */
  readonly idleTimeoutMs?: number | undefined;
  /** Where a shell can outlive its client. */
  readonly shells?: ShellControl;
  /** Delete the shell and let go of everything. Never fails. */
  close(): Promise<void>;
  /** Let go at once without telling the server. */
  abort(error: Error): void;
}

/** What a connection can do where the shell is the server's and not ours. Each throws ShellFault where the server has something against it. */
export interface ShellControl {
  /** Leave the shell running without us. What the server had sent before is handed on first. */
  disconnect(options: DisconnectOptions): Promise<void>;
  /** Come back to the shell we left, and to its pipelines. */
  reconnect(): Promise<void>;
  /**
   * Take over a shell that another client left, with SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL; its answer comes as data. Pipelines are
   * taken over one by one.
   */
  connect(shellId: string, data: Uint8Array, events: ConnectionEvents): Promise<void>;
  connectPipeline(pipelineId: string): Promise<void>;
  listPipelines(): Promise<ServerPipeline[]>;
  /** Asks how long the server keeps the shell without a client; undefined where it does not say. */
  askIdleTimeout(): Promise<number | undefined>;
}
