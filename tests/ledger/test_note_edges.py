"""What a stranger may hand in as a note, a checkpoint, a key or a proof: each single fault is refused in one line."""

import base64

import pytest
from pydantic import ValidationError

from ledger import BadNoteError, Checkpoint, Frontier, Proof, Signer, Verifier, named, open_note, same_log, sign
from ledger.note import HASH_BYTES

NAME = "oncourse.log/ab/1"
SIGNER = Signer(NAME, bytes(range(32)))
OTHER = Signer("witness", bytes(reversed(range(32))))
TEXT = f"{NAME}\n0\n{base64.b64encode(Frontier().root()).decode()}\n"
ROOT = TEXT.split("\n")[2]
LINE = SIGNER.line(TEXT)


def coded(data):
    return base64.b64encode(data).decode()


ED = bytes([1])
KEY = coded(ED + SIGNER.verifier.key)


def line(name=NAME, data=b"x" * 68, dash="\u2014 "):
    return f"{dash}{name} {coded(data)}\n"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        TEXT + LINE,
        "\n\n" + LINE,
        TEXT + "\n" + LINE.rstrip("\n"),
        TEXT + "\n" + LINE + "\n",
        TEXT + "\n" + LINE + "tail",
    ],
)
def test_a_note_without_its_text_its_empty_line_or_its_end_is_none(note):
    with pytest.raises(BadNoteError):
        open_note(note, [SIGNER.verifier])
    with pytest.raises(BadNoteError):
        named(note)


@pytest.mark.parametrize(
    "bad",
    [
        line(dash="- "),
        line(dash=""),
        line(name=""),
        line(data=b""),
        line(data=b"abcd"),
        f"\u2014 {NAME}\n",
        f"\u2014 {NAME} {coded(b'x' * 68).rstrip('=')}\n" if coded(b"x" * 68).endswith("=") else line(data=b"abc"),
        f"\u2014 {NAME} !!!!\n",
        f"\u2014 {NAME} \u00e4\n",
    ],
)
def test_a_line_that_is_no_signature_spoils_the_note(bad):
    with pytest.raises(BadNoteError, match="is no signature"):
        open_note(TEXT + "\n" + LINE + bad, [SIGNER.verifier])
    with pytest.raises(BadNoteError, match="is no signature"):
        named(TEXT + "\n" + bad)


def test_the_shortest_signature_that_is_one_names_its_key_and_signs_nothing():
    note = TEXT + "\n" + line(data=SIGNER.verifier.key_id + b"x")
    assert named(note) == ((NAME, SIGNER.verifier.key_id),)
    with pytest.raises(BadNoteError, match="does not fit the note"):
        open_note(note, [SIGNER.verifier])


def test_a_signature_with_a_byte_more_or_less_is_none():
    whole = base64.b64decode(LINE.rstrip().rpartition(" ")[2])
    for data in (whole[:-1], whole + b"x"):
        with pytest.raises(BadNoteError, match="does not fit the note"):
            open_note(TEXT + "\n" + line(data=data), [SIGNER.verifier])


def test_every_signature_is_named_and_only_those_that_are_known_open_the_note():
    note = sign(TEXT, SIGNER, OTHER)
    assert named(note) == (
        (NAME, SIGNER.verifier.key_id),
        ("witness", OTHER.verifier.key_id),
    )
    assert open_note(note, [OTHER.verifier]) == (TEXT, (OTHER.verifier,))
    assert open_note(note, [SIGNER.verifier, OTHER.verifier])[1] == (SIGNER.verifier, OTHER.verifier)


def test_a_key_under_the_right_name_or_with_the_right_id_alone_is_not_enough():
    renamed = Signer("elsewhere", bytes(range(32)))
    with pytest.raises(BadNoteError, match="no key that is known here"):
        open_note(sign(TEXT, SIGNER), [renamed.verifier])
    same_name = Signer(NAME, bytes(32))
    with pytest.raises(BadNoteError, match="no key that is known here"):
        open_note(sign(TEXT, SIGNER), [same_name.verifier])


def test_the_same_signature_twice_counts_once_and_the_second_is_not_looked_at():
    note = TEXT + "\n" + LINE + line(data=SIGNER.verifier.key_id + b"x" * 64)
    assert open_note(note, [SIGNER.verifier])[1] == (SIGNER.verifier,)


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n0\n{ROOT}",
        f"{NAME}\n0\n",
        f"{NAME}\n{ROOT}\n",
        f"{NAME}\n0\n{ROOT}\nmore",
        f"{NAME}\n0\n{ROOT}\n\n",
        f"{NAME}\n\n{ROOT}\n",
        f"{NAME}\n00\n{ROOT}\n",
        f"{NAME}\n01\n{ROOT}\n",
        f"{NAME}\n-1\n{ROOT}\n",
        f"{NAME}\n+1\n{ROOT}\n",
        f"{NAME}\n\u0661\n{ROOT}\n",
        f"{NAME}\n\u00b2\n{ROOT}\n",
        f"{NAME}\n1.0\n{ROOT}\n",
        f"\n0\n{ROOT}\n",
        f"two words\n0\n{ROOT}\n",
        f"a+b\n0\n{ROOT}\n",
        f"{NAME}\n0\n{coded(b'x' * 31)}\n",
        f"{NAME}\n0\n{coded(b'x' * 33)}\n",
        f"{NAME}\n0\n\n",
    ],
)
def test_a_checkpoint_with_one_fault_is_none(text):
    with pytest.raises(BadNoteError, match="is no checkpoint"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(("text", "size"), [(TEXT, 0), (f"{NAME}\n10\n{ROOT}\n", 10), (f"x\n7\n{ROOT}\nextra\n", 7)])
def test_a_checkpoint_is_read_with_whatever_lines_stand_behind_it(text, size):
    found = Checkpoint.parse(text)
    assert (found.origin, found.size, found.root) == (text.split("\n")[0], size, Frontier().root())
    assert Checkpoint.peek(sign(text, SIGNER)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        f"{NAME}+{SIGNER.verifier.key_id.hex()}",
        f"+{SIGNER.verifier.key_id.hex()}+{KEY}",
        f"two words+{SIGNER.verifier.key_id.hex()}+{KEY}",
        f"{NAME}+{SIGNER.verifier.key_id.hex()}+{coded(b'2' + SIGNER.verifier.key)}",
        f"{NAME}+{SIGNER.verifier.key_id.hex()}+{coded((ED + SIGNER.verifier.key)[:-1])}",
        f"{NAME}+{SIGNER.verifier.key_id.hex()}+{coded(ED + SIGNER.verifier.key + b'x')}",
        f"{NAME}+{SIGNER.verifier.key_id.hex()}+{KEY}=",
    ],
)
def test_a_public_key_with_one_fault_is_none(text):
    with pytest.raises(BadNoteError, match="is no public key"):
        Verifier.read(text)


def test_a_public_key_whose_id_belongs_to_another_was_altered():
    with pytest.raises(BadNoteError, match="was altered"):
        Verifier.read(f"{NAME}+00000000+{KEY}")
    assert Verifier.read(f" {SIGNER.verifier}\n") == SIGNER.verifier


@pytest.mark.parametrize("name", ["", "two words", "a+b", "x" * 201, "line\n", "\u00e4"])
def test_a_name_that_no_key_can_have_makes_no_signer(name):
    with pytest.raises(BadNoteError, match="is no name of a log"):
        Signer(name, bytes(32))
    with pytest.raises(ValidationError):
        Verifier(name=name, key=bytes(32))


def test_what_a_key_signed_is_true_and_anything_else_is_false():
    signature = base64.b64decode(LINE.rstrip().rpartition(" ")[2])[4:]
    assert SIGNER.verifier.signed(TEXT, signature) is True
    assert SIGNER.verifier.signed(TEXT + " ", signature) is False


PATH = coded(b"x" * HASH_BYTES)
HEAD = "c2sp.org/tlog-proof@v1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{HEAD}\n\nnote",
        f"{HEAD}",
        f"{HEAD}\nindex 3",
        f"{HEAD}\nindex 3\n{PATH}",
        f"other@v1\nindex 3\n{PATH}\n\nnote",
        f"other@v1\nextra x\nindex 3\n{PATH}\n\nnote",
        f"{HEAD}\n3\n{PATH}\n\nnote",
        f"{HEAD}\nindex \n{PATH}\n\nnote",
        f"{HEAD}\nindex 03\n{PATH}\n\nnote",
        f"{HEAD}\nindex -3\n{PATH}\n\nnote",
        f"{HEAD}\nindex \u0663\n{PATH}\n\nnote",
        f"{HEAD}\nindex 3\n{PATH}\n{coded(b'x' * 31)}\n\nnote",
        f"{HEAD}\nindex 3\nindex 4\n{PATH}\n\nnote",
        f"{HEAD}\nextra a\nextra b\nindex 3\n{PATH}\n\nnote",
    ],
)
def test_a_proof_with_one_fault_is_none(text):
    with pytest.raises(BadNoteError, match=r"is no c2sp\.org"):
        Proof.read(text)


@pytest.mark.parametrize("extra", ["", "extra aGk=\n"])
@pytest.mark.parametrize("length", [0, 1, 63])
def test_a_proof_is_read_with_what_others_put_beside_it(extra, length):
    text = f"{HEAD}\n{extra}index 0\n" + f"{PATH}\n" * length + "\nnote\n"
    found = Proof.read(text)
    assert (found.index, len(found.path), found.checkpoint) == (0, length, "note\n")
    assert found.text == text.replace(extra, "")


def test_a_path_longer_than_any_tree_is_refused():
    with pytest.raises((BadNoteError, ValidationError)):
        Proof.read(f"{HEAD}\nindex 0\n" + f"{PATH}\n" * 64 + "\nnote\n")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("oncourse.log/ab/1", "oncourse.log/ab/2", True),
        ("oncourse.log/ab/1", "oncourse.log/ab/1", True),
        ("oncourse.log/ab/1", "oncourse.log/cd/1", False),
        ("oncourse.log/ab/1", "other.log/ab/1", False),
    ],
)
def test_a_log_that_was_reopened_is_the_same_log(one, other, same):
    assert same_log(one, other) is same
