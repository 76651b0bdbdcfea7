"""RSA keys and signatures of callbacks in the standard library's arithmetic, so that no example verifies with the code
that signed."""

import base64
import hashlib
import secrets
import textwrap
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

EXPONENT = 65537
# ASN.1 of an MD5 digest, up to the digest itself.
MD5_PREFIX = bytes.fromhex("3020300c06082a864886f70d020505000410")
RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")


@dataclass(frozen=True)
class Key:
    """A private key."""

    modulus: int
    private_exponent: int

    @property
    def length(self) -> int:
        """Bytes of the modulus, and so of a signature."""
        return (self.modulus.bit_length() + 7) // 8

    def sign(self, text: bytes) -> str:
        """RSA PKCS#1 v1.5 with MD5, in base64."""
        digest = MD5_PREFIX + hashlib.md5(text).digest()
        padded = b"\x00\x01" + b"\xff" * (self.length - len(digest) - 3) + b"\x00" + digest
        number = pow(int.from_bytes(padded, "big"), self.private_exponent, self.modulus)
        return base64.b64encode(number.to_bytes(self.length, "big")).decode()

    def public_pem(self) -> bytes:
        """The public half as `-----BEGIN PUBLIC KEY-----`."""
        key = _der(0x30, _integer(self.modulus) + _integer(EXPONENT))
        info = _der(0x30, RSA_ALGORITHM + _der(0x03, b"\x00" + key))
        # Lines of 64, as the format wants; strict readers refuse others.
        lines = textwrap.wrap(base64.b64encode(info).decode(), 64)
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()


def generate(bits=2048) -> Key:
    """A fresh key."""
    while True:
        p, q = _prime(bits // 2), _prime(bits // 2)
        totient = (p - 1) * (q - 1)
        if p != q and totient % EXPONENT:
            return Key(p * q, pow(EXPONENT, -1, totient))


def signed_text(target: str, body: bytes) -> bytes:
    """What the signature of a callback covers."""
    path, mark, query = target.partition("?")
    return unquote_to_bytes(path) + (mark + query).encode() + b"\n" + body


def _der(tag: int, content: bytes) -> bytes:
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if all(candidate % small for small in (3, 5, 7, 11, 13, 17, 19, 23)) and _probably_prime(candidate):
            return candidate


def _probably_prime(number: int) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_witness(number, odd, twos, secrets.randbelow(number - 3) + 2) for _ in range(24))


def _witness(number: int, odd: int, twos: int, base: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
