"""Personal data as it lies on a disk: encrypted, found again by a blind index, never readable without the keys.

A sealed value names its key, so keys can be changed while old values stay readable. Each value is bound to where it
belongs (``context``): put into another column, it does not open. The algorithm goes with the key: AES-256-GCM, or
SM4-GCM (GB/T 32907) where the country's own is asked for. See NIST SP 800-38D for GCM, RFC 5869 for deriving keys.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["Algorithm", "Key", "Keyring", "SealError", "keyring_from_text", "new_key_text"]

_NONCE_BYTES, _TAG_BYTES, _SECRET_BYTES, _MOST_KEYS = 12, 16, 32, 255


class Algorithm(StrEnum):
    """What a key encrypts with."""

    AES_GCM = "aes-gcm"
    SM4_GCM = "sm4-gcm"


class SealError(ValueError):
    """A value does not open, or keys cannot be used; the message says why, never what is inside."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: its number (1 to 255, kept in each value), what it encrypts with, and 32 secret bytes."""

    number: int
    algorithm: Algorithm
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.number}, {self.algorithm.value})"

    def derived(self, purpose: str, length: int) -> bytes:
        """Bytes for one purpose: from one nobody learns another."""
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose.encode()).derive(self.secret)

    @cached_property
    def _aes(self) -> AESGCM:
        return AESGCM(self.derived("seal", 32))

    @cached_property
    def _sm4(self) -> bytes:
        return self.derived("seal", 16)

    def encrypt(self, text: bytes, context: bytes) -> bytes:
        """Nonce, text and tag."""
        nonce = os.urandom(_NONCE_BYTES)
        if self.algorithm is Algorithm.AES_GCM:
            return nonce + self._aes.encrypt(nonce, text, context)
        worker = Cipher(algorithms.SM4(self._sm4), modes.GCM(nonce)).encryptor()
        worker.authenticate_additional_data(context)
        return nonce + worker.update(text) + worker.finalize() + worker.tag

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """The text.

        Raises:
            InvalidTag: another key, another context, or bytes that were changed.
        """
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        if self.algorithm is Algorithm.AES_GCM:
            return self._aes.decrypt(nonce, body, context)
        text, tag = body[:-_TAG_BYTES], body[-_TAG_BYTES:]
        worker = Cipher(algorithms.SM4(self._sm4), modes.GCM(nonce, tag)).decryptor()
        worker.authenticate_additional_data(context)
        return worker.update(text) + worker.finalize()


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """Every key there is, in order of number. The last seals; each opens its own; the first makes the blind index,
    which therefore stays the same when a key is added.

    Example:
        >>> ring = keyring_from_text(new_key_text(1, Algorithm.SM4_GCM))
        >>> sealed = ring.seal("13800138000", context="phone")
        >>> b"138" in sealed, ring.open(sealed, context="phone")
        (False, '13800138000')
        >>> ring.blind("13800138000", context="phone") == ring.blind("13800138000", context="phone")
        True
    """

    keys: tuple[Key, ...]

    def seal(self, text: str, *, context: str) -> bytes:
        """A value as it is kept: one byte for the key, nonce, cipher text, tag."""
        return self.sealer(context)(text)

    def sealer(self, context: str) -> Callable[[str], bytes]:
        """The same as a function of the text, for many of them."""
        key, place = self.keys[-1], context.encode()
        head = bytes([key.number])
        return lambda text: head + key.encrypt(text.encode(), place)

    def open(self, sealed: bytes, *, context: str) -> str:
        """What was sealed.

        Raises:
            SealError: no such key, or not sealed with it for this context.
        """
        if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
            raise SealError(f"{context}: too short for a sealed value")
        key = self._numbered.get(sealed[0])
        if key is None:
            raise SealError(f"{context}: sealed with key {sealed[0]}, which is not among the keys")
        try:
            return key.decrypt(sealed[1:], context.encode()).decode()
        except InvalidTag:
            raise SealError(f"{context}: does not open with key {key.number}: changed, or of another place") from None

    def blind(self, text: str, *, context: str) -> int:
        """A number by which equal texts are found and from which no text is read: 64 bits of an HMAC, signed, so that
        it fits a column of whole numbers."""
        return self.blinder(context)(text)

    def blinder(self, context: str) -> Callable[[str], int]:
        """The same as a function of the text, for many of them."""
        start = hmac.new(self._index_secret, context.encode() + b"\0", "sha256")

        def blind(text: str) -> int:
            worker = start.copy()
            worker.update(text.encode())
            return int.from_bytes(worker.digest()[:8], "big", signed=True)

        return blind

    def is_current(self, sealed: bytes) -> bool:
        """Whether a value is sealed with the last key: those that are not can be sealed anew."""
        return sealed[:1] == bytes([self.keys[-1].number])

    @cached_property
    def _numbered(self) -> dict[int, Key]:
        return {key.number: key for key in self.keys}

    @cached_property
    def _index_secret(self) -> bytes:
        return self.keys[0].derived("index", 32)


def new_key_text(number: int, algorithm: Algorithm) -> str:
    """A new key as one line of a key file: number, algorithm, secret."""
    return f"{number} {algorithm.value} {base64.b64encode(os.urandom(_SECRET_BYTES)).decode()}"


def keyring_from_text(text: str) -> Keyring:
    """The keys of a key file: one a line, or by commas.

    Raises:
        SealError: nothing in it, or a line that is no key.
    """
    lines = [line.strip() for line in text.replace(",", "\n").splitlines()]
    keys = tuple(sorted(_keys(line for line in lines if line), key=lambda key: key.number))
    if not keys:
        raise SealError("there is no key")
    if len({key.number for key in keys}) < len(keys):
        raise SealError("two keys have the same number")
    return Keyring(keys=keys)


def _keys(lines: Iterable[str]) -> list[Key]:
    found = []
    for place, line in enumerate(lines, 1):
        try:
            number, algorithm, secret = line.split()
            key = Key(
                number=int(number), algorithm=Algorithm(algorithm), secret=base64.b64decode(secret, validate=True)
            )
        except (ValueError, binascii.Error):
            raise SealError(f"key {place}: expected a number, aes-gcm or sm4-gcm, and a secret in base64") from None
        if len(key.secret) != _SECRET_BYTES or not 1 <= key.number <= _MOST_KEYS:
            raise SealError(f"key {place}: expected a number from 1 to {_MOST_KEYS} and {_SECRET_BYTES} secret bytes")
        found.append(key)
    return found
