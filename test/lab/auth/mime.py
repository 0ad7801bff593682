"""Sealed HTTP bodies of WinRM ([MS-WSMV] 2.2.9.1), strict where a lenient reader would hide a sender's mistake."""
import re
import struct

BOUNDARY = b"Encrypted Boundary"
SECOND_HEADER = b"\tContent-Type: application/octet-stream\r\n"

# CredSSP splits longer messages, as a TLS record holds no more.
TLS_RECORD = 16384

# The largest padding a mechanism may add; Length counts it.
MAX_PADDING = 16


def is_credssp(protocol: str) -> bool:
    return "CredSSP" in protocol


def decode(content_type: str, body: bytes, unseal):
    """Plain text, protocol, number of parts, length of the last header."""
    protocol = re.search(r'protocol="?([^";]+)"?', content_type).group(1)
    delimiter = b"--" + re.search(r'boundary="?([^";]+)"?', content_type).group(1).encode()
    plain, parts, header_length, offset = b"", 0, 0, 0
    while True:
        assert body.startswith(delimiter, offset), ("no delimiter", offset)
        offset += len(delimiter)
        if body[offset : offset + 2] == b"--":
            assert body[offset + 2 :] in (b"", b"\r\n"), ("something after the end", offset)
            return plain, protocol, parts, header_length
        end = body.index(delimiter + b"\r\n", offset)
        described = body[offset:end]
        assert protocol.encode() in described, described
        length = int(re.search(rb"Length=(\d+)", described).group(1))
        offset = end + len(delimiter) + 2
        assert body.startswith(SECOND_HEADER, offset), ("no second header", offset)
        offset += len(SECOND_HEADER)
        (header_length,) = struct.unpack_from("<I", body, offset)
        offset += 4
        header = body[offset : offset + header_length]
        # Ciphertext is never searched for the boundary: it may hold it.
        stop = end_of_records(body, offset, delimiter) if is_credssp(protocol) else offset + header_length + length
        piece = unseal(header, body[offset + header_length : stop])
        offset = stop
        assert len(piece) <= length <= len(piece) + MAX_PADDING, (len(piece), length)
        plain += piece
        parts += 1


def end_of_records(body: bytes, offset: int, delimiter: bytes) -> int:
    """TLS records say their own length; the header is the first bytes of the first."""
    while not body.startswith(delimiter, offset):
        offset += 5 + struct.unpack_from(">H", body, offset + 3)[0]
    return offset


def encode(protocol: str, message: bytes, seal):
    """Content type and body."""
    chunks = [message]
    if is_credssp(protocol):
        chunks = [message[at : at + TLS_RECORD] for at in range(0, len(message), TLS_RECORD)]
    delimiter = b"--" + BOUNDARY
    body = b""
    for chunk in chunks:
        header, data, padding = seal(chunk)
        original = b"type=application/soap+xml;charset=UTF-8;Length=%d" % (len(chunk) + padding)
        body += delimiter + b"\r\n\tContent-Type: " + protocol.encode() + b"\r\n"
        body += b"\tOriginalContent: " + original + b"\r\n"
        body += delimiter + b"\r\n" + SECOND_HEADER + struct.pack("<I", len(header)) + header + data
    kind = "multipart/x-multi-encrypted" if len(chunks) > 1 else "multipart/encrypted"
    content_type = f'{kind};protocol="{protocol}";boundary="{BOUNDARY.decode()}"'
    return content_type, body + delimiter + b"--\r\n"
