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
}

export interface RemotingConnection {
  readonly kind: 'wsman' | 'process' | 'pipe';
  /** Facts for the status bar and errors. */
  readonly target: {
    readonly computerName: string;
    readonly configurationName: string;
    readonly userName?: string;
    readonly security?: string;
  };
  /** How many bytes of fragments fit in one call of each kind, as negotiated so far. */
  capacity(call: 'open' | 'pipeline' | 'send', stream?: PsrpStream): number;
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
  /** Delete the shell and let go of everything. Never fails. */
  close(): Promise<void>;
  /** Let go at once without telling the server. */
  abort(error: Error): void;
}
