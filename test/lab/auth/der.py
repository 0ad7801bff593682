"""As much DER as CredSSP's TSRequest and a certificate's public key need."""


def tlv(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def read(data: bytes, offset: int = 0):
    """Tag, contents, and where the next one starts."""
    tag, length = data[offset], data[offset + 1]
    offset += 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(data[offset : offset + octets], "big")
        offset += octets
    return tag, data[offset : offset + length], offset + length


def contents(data: bytes, offset: int = 0) -> bytes:
    return read(data, offset)[1]


def members(data: bytes) -> dict:
    """A sequence's members by tag."""
    offset, found = 0, {}
    while offset < len(data):
        tag, value, offset = read(data, offset)
        found[tag] = value
    return found


def subject_public_key(certificate: bytes) -> bytes:
    """The BIT STRING's contents (PKCS#1 for RSA), not the SubjectPublicKeyInfo around it: [MS-CSSP] 3.1.5 binds to the former."""
    to_be_signed = contents(contents(certificate))
    offset = 0
    # version [0], serialNumber, signature, issuer, validity, subject; then subjectPublicKeyInfo (RFC 5280 4.1).
    for _ in range(6):
        offset = read(to_be_signed, offset)[2]
    info = contents(to_be_signed, offset)
    key = contents(info, read(info)[2])
    return key[1:]
