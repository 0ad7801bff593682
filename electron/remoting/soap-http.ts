/** What WS-Management needs of HTTP: one request, one answer. Implemented by transport/winrm-http. */
export interface SoapHttp {
  /**
   * @throws TransportError; its fact `sent` is false where nothing of the request can have reached the service. Or the signal's reason.
   */
  post(
    body: string,
    options: {
      readonly timeoutMs: number;
      readonly signal?: AbortSignal;
      readonly mayWait?: boolean;
      /** Carried out twice it is as good as once. */
      readonly idempotent?: boolean;
    },
  ): Promise<{ readonly status: number; readonly body: string }>;
  /** Connections that nobody uses are not to be used any more: the way they went may be gone. */
  refresh?(): void;
  close(): void;
}
