"""CredSSP's accepting side ([MS-CSSP]) on Python's TLS and MIT's GSS-API."""
import hashlib
import ssl

import gssapi

from der import contents, members, read, tlv
from gss import SPNEGO, Acceptor

STATUS_LOGON_FAILURE = 0xC000006D
CLIENT_TO_SERVER = b"CredSSP Client-To-Server Binding Hash\0"
SERVER_TO_CLIENT = b"CredSSP Server-To-Client Binding Hash\0"


def pack(version, token=None, public_key=None, error=None, nonce=None) -> bytes:
    """TSRequest ([MS-CSSP] 2.2.1)."""
    body = tlv(0xA0, tlv(2, bytes([version])))
    if token is not None:
        body += tlv(0xA1, tlv(0x30, tlv(0x30, tlv(0xA0, tlv(4, token)))))
    if public_key is not None:
        body += tlv(0xA3, tlv(4, public_key))
    if error is not None:
        # An INTEGER has a sign: an NTSTATUS of an error is negative.
        body += tlv(0xA4, tlv(2, error.to_bytes(4, "big")))
    if nonce is not None:
        body += tlv(0xA5, tlv(4, nonce))
    return tlv(0x30, body)


def unpack(data: bytes) -> dict:
    fields = members(contents(data))
    request = {"version": int.from_bytes(contents(fields[0xA0]), "big")}
    if 0xA1 in fields:
        token = members(contents(contents(fields[0xA1])))[0xA0]
        request["token"] = contents(token)
    for tag, name in ((0xA2, "credentials"), (0xA3, "public_key"), (0xA5, "nonce")):
        if tag in fields:
            request[name] = contents(fields[tag])
    return request


def password_credentials(data: bytes) -> dict:
    """TSCredentials ([MS-CSSP] 2.2.1.2) with TSPasswordCreds in it."""
    fields = members(contents(data))
    inner = members(contents(contents(fields[0xA1])))
    named = ((0xA0, "domain"), (0xA1, "user"), (0xA2, "password"))
    found = {name: contents(inner[tag]).decode("utf-16-le") for tag, name in named if tag in inner}
    return {"type": int.from_bytes(contents(fields[0xA0]), "big"), **found}


class CredSsp:
    def __init__(self, certificate_file, public_key, tls13=False, version=6, tickets=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3 if tls13 else ssl.TLSVersion.TLSv1_2
        context.maximum_version = context.minimum_version
        context.load_cert_chain(certificate_file)
        if not tickets:
            context.num_tickets = 0
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.shaken = False
        self.public_key = public_key
        self.version = version
        self.peer_version = None
        self.inner = Acceptor([SPNEGO])
        self.sent_public_key = False
        self.credentials = None

    @property
    def complete(self) -> bool:
        return self.credentials is not None

    @property
    def info(self) -> dict:
        return {
            **self.inner.info,
            "credssp": {
                "version": self.peer_version,
                "tls": self.tls.version(),
                "cipher": self.tls.cipher()[0],
                # What a session's second hop would use; the lab's passwords are no secrets.
                "credentials": self.credentials,
            },
        }

    def read_all(self) -> bytes:
        plain = b""
        while True:
            try:
                piece = self.tls.read(65536)
            except ssl.SSLWantReadError:
                return plain
            if not piece:
                return plain
            plain += piece

    def step(self, token: bytes) -> bytes:
        self.incoming.write(token)
        if not self.shaken:
            try:
                self.tls.do_handshake()
                self.shaken = True
            except ssl.SSLWantReadError:
                return self.outgoing.read()
        plain = self.read_all()
        if not plain:
            return self.outgoing.read()
        self.answer(unpack(plain))
        return self.outgoing.read()

    def answer(self, request: dict) -> None:
        self.peer_version = request["version"]
        if self.sent_public_key:
            self.credentials = password_credentials(self.inner.unwrap(request["credentials"]))
            return
        token = None
        try:
            if request.get("token"):
                token = self.inner.step(request["token"])
        except gssapi.exceptions.GSSError:
            self.tls.write(pack(self.version, error=STATUS_LOGON_FAILURE))
            return
        if "public_key" not in request:
            self.tls.write(pack(self.version, token=token))
            return
        expected, reply = self.bindings(request)
        if self.inner.unwrap(request["public_key"]) != expected:
            raise PermissionError("the public key is another")
        self.tls.write(pack(self.version, token=token or None, public_key=self.inner.wrap(reply)))
        self.sent_public_key = True

    def bindings(self, request: dict):
        """What proves the same TLS session, of the client and of ours ([MS-CSSP] 3.1.5)."""
        if min(self.peer_version, self.version) < 5:
            return self.public_key, bytes([(self.public_key[0] + 1) & 255]) + self.public_key[1:]
        nonce = request["nonce"]
        return tuple(
            hashlib.sha256(magic + nonce + self.public_key).digest() for magic in (CLIENT_TO_SERVER, SERVER_TO_CLIENT)
        )

    def trailer(self, length: int) -> int:
        """How many bytes of a record are not the message's: what SSPI calls cbSecurityTrailer."""
        if self.tls.version() == "TLSv1.3":
            return 17
        cipher = self.tls.cipher()[0]
        if "GCM" in cipher or "CHACHA" in cipher:
            return 16
        digest = {"SHA": 20, "SHA256": 32, "SHA384": 48}[cipher.split("-")[-1]]
        return digest + 16 - ((length + digest) % 16)

    def seal(self, message: bytes):
        self.tls.write(message)
        sealed = self.outgoing.read()
        trailer = self.trailer(len(message))
        return sealed[:trailer], sealed[trailer:], 0

    def unseal(self, header: bytes, data: bytes) -> bytes:
        self.incoming.write(header + data)
        return self.read_all()
