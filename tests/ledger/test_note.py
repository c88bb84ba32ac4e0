"""Notes are the public ones: others' notes open here, and one bit changed anywhere opens nowhere."""

import base64
import json
import struct

import pytest

from ledger import (
    BadNoteError,
    Checkpoint,
    Frontier,
    Proof,
    Signer,
    Verifier,
    inclusion_proof,
    leaf_hash,
    root_of,
    sign,
)
from ledger.note import open_note
from tests.real_data import real_data

TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIGNER = Signer("oncourse.test/1", bytes(range(32)))
OTHER = Signer("oncourse.test/1", bytes(32))
BODIES = [f"entry {index}".encode() for index in range(11)]


def tree(bodies=BODIES):
    found = Frontier()
    for body in bodies:
        found.append(leaf_hash(body))
    return found


def checkpoint(signer=SIGNER):
    return signer.sign(Checkpoint.of("oncourse.test/1", tree()).text)


def proof(index):
    path = inclusion_proof(index, len(BODIES), map(leaf_hash, BODIES))
    return Proof(index=index, path=path, checkpoint=checkpoint())


def test_the_notes_of_others_open_under_their_keys():
    for known in json.loads((real_data("ledger-vectors") / "c2sp-signed-note" / "notes.json").read_text()):
        key = Verifier.read(known["vkey"])
        text, by = open_note(known["note"], [key])
        assert known["note"].startswith(text)
        assert by == (key,)
        assert str(key) == known["vkey"]


def test_16_checkpoints_of_another_log_open_and_its_entries_come_to_their_roots():
    folder = real_data("ledger-vectors") / "tessera-log"
    key = Verifier.read(TESSERA)
    data = (folder / "tile" / "entries" / "000.p" / "15").read_bytes()
    bodies = []
    while data:
        (length,) = struct.unpack(">H", data[:2])
        bodies.append(data[2 : 2 + length])
        data = data[2 + length :]
    for size in range(16):
        point = Checkpoint.read((folder / f"checkpoint.{size}").read_text(), [key])
        assert (point.origin, point.size) == ("example.com/log/testdata", size)
        assert point.root == root_of(map(leaf_hash, bodies[:size]))


def test_a_checkpoint_is_read_back_as_it_was_signed():
    point = Checkpoint.read(checkpoint(), [OTHER.verifier, SIGNER.verifier])
    assert point == Checkpoint.of("oncourse.test/1", tree())
    assert str(point) == f"oncourse.test/1@11:{base64.b64encode(tree().root()).decode()}"


def test_one_bit_changed_anywhere_in_a_checkpoint_is_found():
    note = checkpoint()
    data = note.encode()
    true = Checkpoint.peek(note)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            try:
                said = Checkpoint.read(changed.decode(), [SIGNER.verifier])
            except (BadNoteError, UnicodeDecodeError):
                continue
            raise AssertionError((place, bit, said == true))


def test_the_key_of_somebody_else_opens_nothing():
    with pytest.raises(BadNoteError, match="no key that is known here has signed"):
        Checkpoint.read(checkpoint(OTHER), [SIGNER.verifier])
    with pytest.raises(BadNoteError, match="no key that is known here has signed"):
        Checkpoint.read(checkpoint(), [])
    renamed = Signer("oncourse.test/2", bytes(range(32)))
    with pytest.raises(BadNoteError, match="no key that is known here has signed"):
        Checkpoint.read(checkpoint(renamed), [SIGNER.verifier])


def test_a_note_with_two_signatures_opens_under_either_key_and_not_where_one_is_wrong():
    text = Checkpoint.of("oncourse.test/1", tree()).text
    note = sign(text, SIGNER, OTHER)
    assert open_note(note, [OTHER.verifier]) == (text, (OTHER.verifier,))
    assert open_note(note, [OTHER.verifier, SIGNER.verifier])[1] == (SIGNER.verifier, OTHER.verifier)
    forged = text + "\n" + SIGNER.line(text) + OTHER.line("something else\n")
    with pytest.raises(BadNoteError, match="does not fit the note"):
        open_note(forged, [SIGNER.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a",
        "a\n\n",
        "a\n\n\u2014 b\n",
        "a\n\n\u2014 b c\n",
        "a\n\n- oncourse.test/1 AAAAAAAA\n",
        "\n\n\u2014 b AAAAAAAA\n",
    ],
)
def test_what_is_no_note_is_refused_in_one_line(text):
    with pytest.raises(BadNoteError) as refused:
        open_note(text, [SIGNER.verifier])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\n1\n", "a\n01\nROOT\n", "a\n-1\nROOT\n", "a\n1\nAAAA\n", "\n1\nROOT\n", "a\n1\nROOT"]
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadNoteError, match="no checkpoint"):
        Checkpoint.parse(text.replace("ROOT", base64.b64encode(bytes(32)).decode()))


@pytest.mark.parametrize("text", ["a", "a\x00\n", "a\tb\n"])
def test_what_no_note_can_hold_is_not_signed(text):
    with pytest.raises(BadNoteError, match="control characters"):
        sign(text, SIGNER)


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+00000000+AAAA", str(SIGNER.verifier).replace("+", "-"), TESSERA[:-2] + "AA"]
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(BadNoteError):
        Verifier.read(text)


def test_a_key_under_another_name_is_another_key():
    named = str(SIGNER.verifier).replace("oncourse.test/1", "oncourse.test/2")
    with pytest.raises(BadNoteError, match="was altered"):
        Verifier.read(named)


@pytest.mark.parametrize("index", range(len(BODIES)))
def test_a_proof_is_read_back_and_proves_its_entry_alone(index):
    again = Proof.read(proof(index).text)
    assert again == proof(index)
    assert again.proves(BODIES[index], [SIGNER.verifier])
    assert not again.proves(BODIES[index] + b" ", [SIGNER.verifier])
    assert not again.proves(BODIES[index - 1], [SIGNER.verifier])
    with pytest.raises(BadNoteError, match="no key that is known"):
        again.proves(BODIES[index], [OTHER.verifier])


def test_a_proof_may_carry_what_others_put_beside_it():
    text = proof(3).text.replace("index", "extra AAAA\nindex", 1)
    assert Proof.read(text) == proof(3)


def test_one_bit_changed_anywhere_in_a_proof_proves_nothing():
    data = proof(4).text.encode()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        try:
            proved = Proof.read(changed.decode()).proves(BODIES[4], [SIGNER.verifier])
        except (BadNoteError, UnicodeDecodeError):
            continue
        assert not proved, place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\nindex 01\n\n",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n",
    ],
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(BadNoteError, match="the text is no c2sp"):
        Proof.read(text)
