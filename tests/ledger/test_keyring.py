"""The keys of an installation, and how one follows another."""

import pytest

from ledger import BadNoteError, Keyring, KeyRotated

OLD, NEW = bytes(32), bytes([1] * 32)


def test_keys_are_read_back_from_their_file_with_those_that_were_retired():
    keys = Keyring([OLD]).with_new(NEW)
    again = Keyring.read(keys.pem)
    assert again.current == keys.current
    settled = Keyring.read(keys.settled().pem)
    assert settled.current == Keyring([NEW]).current
    assert settled.retired == Keyring([OLD]).current
    assert "PRIVATE" in settled.pem
    assert settled.pem.count("PRIVATE KEY") == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        Keyring([OLD]).with_new(NEW).settled().pem.partition("-----END PRIVATE KEY-----\n")[2],
        Keyring([OLD]).pem.replace("PRIVATE", "PUBLIC"),
        Keyring([OLD]).pem[:60] + "!!" + Keyring([OLD]).pem[62:],
        "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_keyring_is_refused(text):
    with pytest.raises(BadNoteError):
        Keyring.read(text)


def test_a_keyring_signs_each_log_under_its_own_name():
    keys = Keyring([OLD])
    one, other = keys.signers("a")[0], keys.signers("b")[0]
    assert one.verifier.key == other.verifier.key
    assert one.verifier.key_id != other.verifier.key_id


def test_a_rotation_names_both_keys_and_bears_the_old_ones_signature():
    before, after = Keyring([OLD]).signers("log")[0], Keyring([NEW]).verifiers("log")[0]
    told = KeyRotated.by(before, after)
    assert told.keys() == (before.verifier, after)
    thief = Keyring([bytes([2] * 32)]).verifiers("log")[0]
    with pytest.raises(BadNoteError, match="endorsed something else"):
        told.model_copy(update={"next": str(thief)}).keys()
    with pytest.raises(BadNoteError, match="no key that is known"):
        told.model_copy(update={"previous": str(thief)}).keys()
    elsewhere = KeyRotated.by(Keyring([OLD]).signers("other")[0], after)
    with pytest.raises(BadNoteError):
        told.model_copy(update={"endorsement": elsewhere.endorsement}).keys()
