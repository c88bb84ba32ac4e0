"""Every type of entry that was ever released: it still reads, folds to the state it came to, and is told as a sentence.

A file of streams is never changed or made anew; new types come in a new file. `2026-11` is from tenants of the
simulation; `plan.conflict_refused`, `step.escalated`, `step.reordered`, `log.reopened` and `log.key_rotated` were added
by hand at the end of streams; `2026-11-erasure` is from a test. Its sentences are for readers: look at each change, then write them with
`python -m tests.ledger.test_golden`.
"""

import gzip
from pathlib import Path

import pytest

from ledger import DATA, Entry, evolve, sentence, state_digest, step_names
from plan import canonical

HERE = Path(__file__).parent / "golden"
FILES = sorted(HERE.glob("*.jsonl.gz"))


def streams(file):
    """Return the streams of a file, each as its lines; a stream begins with its first entry."""
    with gzip.open(file) as opened:
        lines = [line.rstrip(b"\n") for line in opened]
    found = []
    for line in lines:
        if b'"seq":1,' in line:
            found.append([])
        found[-1].append(line)
    return found


def told(file):
    """Return every entry of a file as a sentence, private texts as dots."""
    for lines in streams(file):
        entries = [Entry.model_validate_json(line) for line in lines]
        names = step_names(entries)
        yield entries[0].stream
        for entry in entries:
            yield f"  {entry.type:26} {sentence(entry, lambda _: '…', names)}"


def test_every_type_of_entry_was_released_in_one_of_the_files():
    kept = {Entry.model_validate_json(line).type for file in FILES for lines in streams(file) for line in lines}
    assert kept == set(DATA)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_entry_of_every_release_reads_back_to_the_same_bytes(file):
    for lines in streams(file):
        for line in lines:
            assert canonical(Entry.model_validate_json(line)) == line


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_stream_of_every_release_folds_to_the_states_that_it_came_to(file):
    for lines in streams(file):
        state = None
        for entry in map(Entry.model_validate_json, lines):
            state = evolve(state, entry)
            assert state_digest(state) == entry.after, entry.address


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_entry_of_every_release_is_told_in_the_words_that_were_looked_at(file):
    sentences = file.with_name(file.name.removesuffix(".jsonl.gz") + ".txt").read_text("utf-8")
    assert list(told(file)) == sentences.splitlines()


if __name__ == "__main__":
    for each in FILES:
        each.with_name(each.name.removesuffix(".jsonl.gz") + ".txt").write_text("\n".join(told(each)) + "\n", "utf-8")
