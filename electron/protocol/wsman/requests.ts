/** Any request, for a server: what it asks, by its action. */
import { decodeCommandRequest, type CommandRequest } from './command.ts';
import { decodeConnectRequest, type ConnectRequest } from './connect.ts';
import { decodeCreateRequest, type CreateRequest } from './create.ts';
import { decodeDeleteRequest, type DeleteRequest } from './delete.ts';
import { decodeDisconnectRequest, type DisconnectRequest } from './disconnect.ts';
import {
  decodeEnumerateRequest,
  decodePullRequest,
  type EnumerateRequest,
  type PullRequest,
} from './enumerate.ts';
import type { Envelope } from './envelope.ts';
import { decodeGetRequest, type GetRequest } from './get.ts';
import { isIdentifyRequest } from './identify.ts';
import { ACTION } from './names.ts';
import { decodePutRequest, type PutRequest } from './put.ts';
import { decodeReceiveRequest, type ReceiveRequest } from './receive.ts';
import { decodeReconnectRequest, type ReconnectRequest } from './reconnect.ts';
import { decodeSendRequest, type SendRequest } from './send.ts';
import { decodeSignalRequest, type SignalRequest } from './signal.ts';

export type WsmanRequest =
  | { readonly kind: 'create'; readonly request: CreateRequest }
  | { readonly kind: 'command'; readonly request: CommandRequest }
  | { readonly kind: 'send'; readonly request: SendRequest }
  | { readonly kind: 'receive'; readonly request: ReceiveRequest }
  | { readonly kind: 'signal'; readonly request: SignalRequest }
  | { readonly kind: 'delete'; readonly request: DeleteRequest }
  | { readonly kind: 'disconnect'; readonly request: DisconnectRequest }
  | { readonly kind: 'reconnect'; readonly request: ReconnectRequest }
  | { readonly kind: 'connect'; readonly request: ConnectRequest }
  | { readonly kind: 'enumerate'; readonly request: EnumerateRequest }
  | { readonly kind: 'pull'; readonly request: PullRequest }
  | { readonly kind: 'get'; readonly request: GetRequest }
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'identify' }
  | { readonly kind: 'unknown'; readonly action: string | undefined };

/** Throws ProtocolError where the action is known and the rest of the request is not what it needs. */
export function decodeRequest(envelope: Envelope): WsmanRequest {
  const action = envelope.header.action;
  switch (action) {
    case ACTION.create:
      return { kind: 'create', request: decodeCreateRequest(envelope) };
    case ACTION.command:
      return { kind: 'command', request: decodeCommandRequest(envelope) };
    case ACTION.send:
      return { kind: 'send', request: decodeSendRequest(envelope) };
    case ACTION.receive:
      return { kind: 'receive', request: decodeReceiveRequest(envelope) };
    case ACTION.signal:
      return { kind: 'signal', request: decodeSignalRequest(envelope) };
    case ACTION.delete:
      return { kind: 'delete', request: decodeDeleteRequest(envelope) };
    case ACTION.disconnect:
      return { kind: 'disconnect', request: decodeDisconnectRequest(envelope) };
    case ACTION.reconnect:
      return { kind: 'reconnect', request: decodeReconnectRequest(envelope) };
    case ACTION.connect:
      return { kind: 'connect', request: decodeConnectRequest(envelope) };
    case ACTION.enumerate:
      return { kind: 'enumerate', request: decodeEnumerateRequest(envelope) };
    case ACTION.pull:
      return { kind: 'pull', request: decodePullRequest(envelope) };
    case ACTION.get:
      return { kind: 'get', request: decodeGetRequest(envelope) };
    case ACTION.put:
      return { kind: 'put', request: decodePutRequest(envelope) };
    default:
      return isIdentifyRequest(envelope) ? { kind: 'identify' } : { kind: 'unknown', action };
  }
}
