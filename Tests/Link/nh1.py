"""Signs an upgrade with a shared secret: NH1, docs/protocols/device-link.md section 3.1, from its text alone."""
import base64
import hashlib
import hmac
import struct
import time

ALGORITHM = "NH1-HMAC-sha256-1000-32"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def small(number):
    """An integer as the Erlang external term format writes it."""
    if 0 <= number < 256:
        return bytes([0x61, number])
    if -(1 << 31) <= number < 1 << 31:
        return b"\x62" + struct.pack("!i", number)
    magnitude = number.to_bytes((number.bit_length() + 7) // 8, "little")
    return bytes([0x6E, len(magnitude), 0]) + magnitude


def binary(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"\x6d" + struct.pack("!I", len(data)) + data


def term(identifier, signed_at, max_age=86400):
    return b"\x83\x68\x03" + binary(identifier) + small(signed_at) + small(max_age)


def salt(algorithm, key, moment):
    return (f"NH1:device-socket:shared-secret:connect\n\nx-nh-alg={algorithm}\nx-nh-key={key}\nx-nh-time={moment}\n").encode()


def derive(secret, algorithm, key, moment):
    """The key of the signature, and for algorithms that are none the one of the usual algorithm: what is refused must have a signature."""
    try:
        digest, iterations, length = algorithm[len("NH1-HMAC-"):].split("-")
        return hashlib.pbkdf2_hmac(digest.lower(), secret.encode(), salt(algorithm, key, moment), int(iterations), int(length))
    except (ValueError, TypeError, OverflowError):
        return hashlib.pbkdf2_hmac("sha256", secret.encode(), salt(algorithm, key, moment), 1000, 32)


def token(payload, derived, head="SFMyNTY", digest="sha256"):
    text = head + "." + base64url(payload)
    return text + "." + base64url(hmac.new(derived, text.encode(), digest).digest())


def headers(key, secret, identifier, at=None, algorithm=ALGORITHM, payload=None):
    """The four headers, signed at `at` (seconds since 1970, now without). `payload` stands for another term than the right one."""
    moment = int(time.time() if at is None else at)
    body = term(identifier, moment * 1000) if payload is None else payload
    return [("x-nh-alg", algorithm), ("x-nh-key", key), ("x-nh-time", str(moment)),
            ("x-nh-signature", token(body, derive(secret, algorithm, key, moment)))]
