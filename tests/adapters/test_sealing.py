"""What is sealed opens only with its key, in its place, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.sealing import Algorithm, Keyring, SealError, keyring_from_text, new_key_text

RINGS = {algorithm: keyring_from_text(new_key_text(1, algorithm)) for algorithm in Algorithm}


@pytest.mark.parametrize("algorithm", Algorithm)
@given(text=st.text(max_size=80))
def test_what_is_sealed_opens(algorithm: Algorithm, text: str) -> None:
    ring = RINGS[algorithm]
    sealed = ring.seal(text, context="a")
    assert ring.open(sealed, context="a") == text
    assert sealed != ring.seal(text, context="a"), "equal texts do not look equal"


@pytest.mark.parametrize("algorithm", Algorithm)
def test_one_changed_bit_or_another_place_does_not_open(algorithm: Algorithm) -> None:
    ring = RINGS[algorithm]
    sealed = ring.seal("灯山供电所", context="a")
    for place in range(1, len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            ring.open(bytes(changed), context="a")
    with pytest.raises(SealError, match="another place"):
        ring.open(sealed, context="b")
    with pytest.raises(SealError, match="too short"):
        ring.open(sealed[:20], context="a")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = new_key_text(1, Algorithm.AES_GCM)
    before = keyring_from_text(old)
    after = keyring_from_text(f"{old}\n{new_key_text(2, Algorithm.SM4_GCM)}")
    sealed = before.seal("a", context="x")
    assert after.open(sealed, context="x") == "a"
    assert (after.is_current(sealed), after.is_current(after.seal("a", context="x"))) == (False, True)
    assert after.blind("a", context="x") == before.blind("a", context="x")
    with pytest.raises(SealError, match="key 2"):
        before.open(after.seal("a", context="x"), context="x")


def test_the_blind_index_tells_texts_places_and_keys_apart() -> None:
    ring, other = RINGS.values()
    numbers = {
        ring.blind("a", context="x"),
        ring.blind("b", context="x"),
        ring.blind("a", context="y"),
        other.blind("a", context="x"),
    }
    assert len(numbers) == 4
    assert all(-(2**63) <= number < 2**63 for number in numbers)


@pytest.mark.parametrize(
    "text", ["", "1 aes-gcm", "x aes-gcm AAAA", "1 rot13 AAAA", "1 aes-gcm AAAA", "300 aes-gcm " + "A" * 43 + "="]
)
def test_a_key_file_that_cannot_be_used_is_told(text: str) -> None:
    with pytest.raises(SealError):
        keyring_from_text(text)


def test_two_keys_of_one_number() -> None:
    with pytest.raises(SealError, match="same number"):
        keyring_from_text("\n".join(new_key_text(1, Algorithm.AES_GCM) for _ in range(2)))


def test_a_key_does_not_show_its_secret() -> None:
    ring: Keyring = RINGS[Algorithm.AES_GCM]
    assert repr(ring) == "Keyring(keys=(Key(1, aes-gcm),))"
