#!/usr/bin/python3
"""A WinRM-like HTTP service on loopback that shares no line with ours: Python's HTTP and TLS, MIT Kerberos, gss-ntlmssp.

Signs in with Basic, Negotiate (SPNEGO, Kerberos or NTLM bare), Kerberos, CredSSP and TLS client certificates, unseals bodies and seals
answers. It echoes what it gets, or passes it on to another service, so that a whole remoting session runs over its sealing.

Reads commands, one JSON object a line, and ends with its input:
  {"listen": {"name": ..., ...}}   answered by {"listening": {"name": ..., "port": ...}}; fields: class Listener
  {"mark": n}                      answered by {"marked": n}
Everything else that it prints is an event: {"event": "signed-in" | "refused" | "request" | ..., "listener": ..., ...}

environment: KRB5_CONFIG, KRB5_KTNAME, NTLM_USER_FILE
"""
import argparse
import base64
import hashlib
import http.client
import http.server
import itertools
import json
import socketserver
import ssl
import sys
import threading
import urllib.parse
from dataclasses import dataclass, field
from typing import Optional

import gssapi

import mime
from credssp import CredSsp
from der import subject_public_key
from gss import Acceptor, mechanisms_for

SOAP = "application/soap+xml;charset=UTF-8"
PROTOCOLS = {"negotiate": "SPNEGO", "kerberos": "Kerberos", "credssp": "CredSSP"}
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

output = threading.Lock()


def say(line: dict) -> None:
    with output:
        print(json.dumps(line), flush=True)


@dataclass
class Listener:
    name: str
    # PEM: certificate and key; for TLS and for CredSSP's own.
    certificate: str
    tls: bool = False
    # What a sign-in without channel bindings, or with others, is worth: HTTP.sys' CbtHardeningLevel.
    bindings: str = "relaxed"
    schemes: list = field(default_factory=lambda: ["Negotiate", "Kerberos", "CredSSP", "Basic"])
    basic: str = "basicuser:BasicPass1!"
    # PEM of the authority whose client certificates are taken.
    clientCa: Optional[str] = None
    tls13: bool = False
    # Whether TLS 1.3 within CredSSP gives session tickets: without, the server has no answer to the client's last word.
    tickets: bool = True
    credsspVersion: int = 6
    allowUnencrypted: bool = False
    # Whether a refusal carries the mechanism's own error token, as HTTP.sys' and mod_auth_gssapi's do.
    errorTokens: bool = True
    # A connection's log-on is forgotten after so many requests, as after a restart of the service behind HTTP.sys.
    forgetAfter: Optional[int] = None
    # Where requests go in clear text with Basic: {"url": ..., "user": ..., "password": ...}. Echoed otherwise.
    forward: Optional[dict] = None

    def __post_init__(self):
        with open(self.certificate) as file:
            pem = file.read()
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index(begin) : pem.index(end) + len(end)])
        # RFC 5929 4.1; the lab's certificates are signed with SHA-256.
        self.certificate_hash = hashlib.sha256(der).digest()
        self.public_key = subject_public_key(der)
        self.connections = itertools.count(1)
        self.requests = itertools.count(1)

    def channel_bindings(self) -> Optional[bytes]:
        if not self.tls or self.bindings == "none":
            return None
        return b"tls-server-end-point:" + self.certificate_hash

    def security(self, scheme: str, token: bytes):
        if scheme == "credssp":
            return CredSsp(self.certificate, self.public_key, self.tls13, self.credsspVersion, self.tickets)
        return Acceptor(mechanisms_for(token, scheme), self.channel_bindings())

    def tls_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        if self.clientCa:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(self.clientCa)
        return context


class Refused(Exception):
    def __init__(self, why: str, token: bytes = b""):
        super().__init__(why)
        self.token = token


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    # Head and body are two writes: the second would wait 40 ms for the client's acknowledgement of the first.
    disable_nagle_algorithm = True

    def setup(self):
        self.listener = self.server.listener
        # Here and not when accepting: a slow handshake must not keep others waiting.
        if self.listener.tls:
            self.request = self.listener.tls_context().wrap_socket(self.request, server_side=True)
        super().setup()
        self.number = next(self.listener.connections)
        self.upstream = None
        self.handled = 0
        self.forget()

    def forget(self):
        self.security = None
        self.scheme = None
        self.info = None

    def log_message(self, format, *arguments):
        pass

    def event(self, kind: str, **facts):
        say({"event": kind, "listener": self.listener.name, "connection": self.number, **facts})

    def reply(self, status: int, body: bytes = b"", content_type: str = SOAP, challenges=()):
        self.send_response(status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        if body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def offers(self):
        return [scheme + (' realm="WSMAN"' if scheme == "Basic" else "") for scheme in self.listener.schemes]

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        forget_after = self.listener.forgetAfter
        if forget_after is not None and self.handled >= forget_after and "Authorization" not in self.headers:
            self.handled = 0
            self.forget()
            self.event("forgotten")
        try:
            challenges = self.sign_in(self.headers.get("Authorization") or "")
        except Refused as refusal:
            self.forget()
            self.event("refused", why=str(refusal))
            self.reply(401, challenges=self.refusals(refusal))
            return
        if challenges is None:
            return
        if self.info is None:
            self.reply(401, challenges=self.offers())
            return
        self.serve(body, challenges)

    def refusals(self, refusal: Refused):
        offers = self.offers()
        if not (refusal.token and self.listener.errorTokens):
            return offers
        scheme = (self.headers.get("Authorization") or "").partition(" ")[0]
        token = base64.b64encode(refusal.token).decode()
        return [f"{scheme} {token}"] + [offer for offer in offers if offer.lower() != scheme.lower()]

    def sign_in(self, authorization: str):
        """The challenges of the final answer; None where a leg was answered here."""
        scheme, _, value = authorization.partition(" ")
        scheme = scheme.lower()
        if authorization == "":
            return []
        if authorization == MUTUAL:
            self.certificate_sign_in()
            return []
        if scheme not in [offer.lower() for offer in self.listener.schemes]:
            raise Refused(f"{scheme} is not offered")
        try:
            token = base64.b64decode(value, validate=True)
        except ValueError:
            raise Refused("the token is not base64") from None
        if scheme == "basic":
            if token.decode() != self.listener.basic:
                raise Refused("wrong user or password")
            self.accepted({"mechanism": "basic", "user": token.decode().partition(":")[0]})
            return []
        return self.token_sign_in(scheme, authorization.partition(" ")[0], token)

    def certificate_sign_in(self):
        certificate = self.connection.getpeercert() if self.listener.clientCa else None
        if not certificate:
            raise Refused("no client certificate")
        names = dict(part[0] for part in certificate["subject"])
        self.accepted({"mechanism": "certificate", "user": names.get("commonName")})

    def token_sign_in(self, scheme: str, spelt: str, token: bytes):
        try:
            if self.security is None or self.security.complete:
                self.forget()
                self.security = self.listener.security(scheme, token)
                self.scheme = PROTOCOLS[scheme]
            answer = self.security.step(token)
        except gssapi.exceptions.GSSError as error:
            raise Refused(str(error).replace("\n", " "), error.token or b"") from error
        except Exception as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        final = [f"{spelt} {base64.b64encode(answer).decode()}"] if answer else []
        if not self.security.complete:
            self.reply(401, challenges=final)
            return None
        info = self.security.info
        if self.listener.tls and self.listener.bindings == "strict" and scheme != "credssp" and not info["bound"]:
            raise Refused("no channel bindings")
        self.accepted(info)
        return final

    def accepted(self, info: dict):
        self.info = info
        self.event("signed-in", **info)

    def serve(self, body: bytes, challenges):
        content_type = self.headers.get("Content-Type") or ""
        sealed = content_type.startswith("multipart/")
        if sealed:
            try:
                body, protocol, parts, header = mime.decode(content_type, body, self.security.unseal)
                assert protocol == f"application/HTTP-{self.scheme}-session-encrypted", protocol
            except Exception as error:
                # The sequence is broken for good.
                self.forget()
                self.event("not-unsealed", why=f"{type(error).__name__}: {error}")
                self.reply(400)
                return
        elif body and self.security and not self.listener.tls and not self.listener.allowUnencrypted:
            self.event("not-encrypted")
            self.reply(500, b"unencrypted", "text/plain")
            return
        elif not body:
            # The legs' empty bodies; a sealed one of no bytes is a request like any other.
            self.reply(200, challenges=challenges)
            return
        self.handled += 1
        facts = {"parts": parts, "header": header} if sealed else {}
        self.event("request", number=next(self.listener.requests), bytes=len(body), sealed=sealed, **facts)
        status, answer = self.answer(body)
        answer_type = SOAP
        if sealed:
            answer_type, answer = mime.encode(protocol, answer, self.security.seal)
        self.reply(status, answer, answer_type, challenges)

    def answer(self, body: bytes):
        if self.listener.forward:
            return self.passed_on(body)
        if self.path == "/whoami":
            return 200, json.dumps(self.info).encode()
        if self.path.startswith("/bytes/"):
            return 200, b"x" * int(self.path.rpartition("/")[2])
        return 200, body

    def passed_on(self, body: bytes):
        forward = self.listener.forward
        url = urllib.parse.urlsplit(forward["url"])
        if self.upstream is None:
            # No time limit: a Receive waits as long as its service likes.
            self.upstream = http.client.HTTPConnection(url.hostname, url.port)
        credentials = f"{forward['user']}:{forward['password']}".encode()
        headers = {"Content-Type": SOAP, "Authorization": "Basic " + base64.b64encode(credentials).decode()}
        self.upstream.request("POST", url.path, body, headers)
        answer = self.upstream.getresponse()
        return answer.status, answer.read()

    def finish(self):
        if self.upstream is not None:
            self.upstream.close()
        try:
            super().finish()
        except OSError:
            # The other end is gone; what was left to say to it does not matter.
            pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, listener: Listener):
        self.listener = listener
        # Port 0: the system chooses.
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self):
        # Not HTTPServer's, which asks the name service for our own name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        say({"event": "broken", "listener": self.listener.name, "why": f"{type(error).__name__}: {error}"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--certificate", required=True, help="PEM of certificate and key where a listener names none")
    arguments = parser.parse_args()
    for line in sys.stdin:
        command = json.loads(line)
        if "mark" in command:
            # Whatever was answered before was told before.
            say({"marked": command["mark"]})
            continue
        server = Server(Listener(**{"certificate": arguments.certificate, **command["listen"]}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        say({"listening": {"name": server.listener.name, "port": server.server_port}})


main()
