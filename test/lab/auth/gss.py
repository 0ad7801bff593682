"""One accept context of GSS-API: MIT's krb5, gss-ntlmssp, or MIT's SPNEGO over both. WinRM's split of a sealed message by mechanism."""
import gssapi
import gssapi.raw as raw

SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KRB5 = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
NTLM = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
NAMES = {KRB5: "kerberos", NTLM: "ntlm"}

# RFC 9141: set where the initiator's channel bindings were given and are ours.
CHANNEL_BOUND = 0x800

# [MS-NLMP] 2.2.2.9.1: version, checksum, sequence number.
NTLM_SIGNATURE = 16

# A failure is raised at once, so that it is known why; the token for the other end comes from `failure_token`.
gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False


def mechanisms_for(token: bytes, scheme: str):
    """Negotiate may carry SPNEGO, NTLM or Kerberos bare; MIT's SPNEGO takes only its own."""
    if token.startswith(b"NTLMSSP\0"):
        return [NTLM]
    if scheme == "kerberos" or bytes(KRB5) in token[:20]:
        return [KRB5]
    return [SPNEGO]


class Acceptor:
    def __init__(self, mechanisms, channel_bindings=None):
        bindings = raw.ChannelBindings(application_data=channel_bindings) if channel_bindings else None
        credentials = gssapi.Credentials(usage="accept", mechs=mechanisms)
        self.context = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=bindings)

    @property
    def complete(self) -> bool:
        return self.context.complete

    @property
    def info(self) -> dict:
        flags = int(self.context.actual_flags)
        return {
            "mechanism": NAMES.get(self.context.mech, str(self.context.mech)),
            "user": str(self.context.initiator_name).rstrip("\0"),
            "flags": flags,
            "bound": bool(flags & CHANNEL_BOUND),
            "delegated": self.context.delegated_creds is not None,
        }

    def step(self, token: bytes) -> bytes:
        return self.context.step(token) or b""

    def sign(self, message: bytes) -> bytes:
        return raw.get_mic(self.context, message)

    def verify(self, message: bytes, signature: bytes) -> None:
        raw.verify_mic(self.context, message, signature)

    def wrap(self, message: bytes) -> bytes:
        result = raw.wrap(self.context, message, confidential=True)
        assert result.encrypted
        return result.message

    def unwrap(self, message: bytes) -> bytes:
        result = raw.unwrap(self.context, message)
        if not result.encrypted:
            raise ValueError("the message is only signed")
        return result.message

    def seal(self, message: bytes):
        """Header, data, and by how much the data is longer than the message."""
        if self.context.mech != KRB5:
            sealed = self.wrap(message)
            return sealed[:NTLM_SIGNATURE], sealed[NTLM_SIGNATURE:], 0
        iov = raw.IOV(raw.IOVBufferType.header, message, raw.IOVBufferType.padding, std_layout=False)
        raw.wrap_iov(self.context, iov, confidential=True)
        padding = iov[2].value or b""
        return iov[0].value, (iov[1].value or b"") + padding, len(padding)

    def unseal(self, header: bytes, data: bytes) -> bytes:
        if self.context.mech != KRB5:
            if len(header) != NTLM_SIGNATURE:
                raise ValueError(f"an NTLM signature of {len(header)} bytes")
            return self.unwrap(header + data)
        # By buffers, as Windows' DecryptMessage does: the header must be the whole of what comes before the data.
        iov = raw.IOV(
            (raw.IOVBufferType.header, False, header),
            (raw.IOVBufferType.data, False, data),
            raw.IOVBufferType.data,
            std_layout=False,
        )
        result = raw.unwrap_iov(self.context, iov)
        if not result.encrypted:
            raise ValueError("the message is only signed")
        return iov[1].value or b""
