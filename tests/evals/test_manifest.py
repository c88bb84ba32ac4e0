"""What makes a recording stale is named, without playing it."""

import pytest

from evals import manifest
from evals.cassettes import AUTHORED, read_cassettes
from evals.manifest import SOURCES, Manifest, read_manifest, renewed, stale
from plan import digest_bytes

OTHER = digest_bytes(b"another")


def with_entry(name="aurora", **changes) -> Manifest:
    """Return the kept manifest, in which one recording was made from something else."""
    kept = read_manifest()
    entries = tuple(
        e.model_copy(update=changes) if (e.case, e.model, e.k) == (name, AUTHORED, 1) else e for e in kept.entries
    )
    return kept.model_copy(update={"entries": entries})


def seen(kept: Manifest, *kinds: str) -> Manifest:
    """Return a manifest whose files of these kinds changed since."""
    return kept.model_copy(update={"files": kept.files | dict.fromkeys(kinds, OTHER)})


def test_nothing_is_stale_as_it_is_kept():
    assert stale(read_manifest()) == []


def test_every_recording_stands_in_the_manifest_and_nothing_else():
    kept = {(e.case, e.model, e.k) for e in read_manifest().entries}
    assert kept == {(c.case, c.model, c.k) for c in read_cassettes()}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("prompt", {"prompt": OTHER}),
        ("model", {"asked": "claude-of-last-year"}),
        ("actions", {"actions": OTHER}),
        ("tools", {"tools": OTHER}),
        ("schema", {"schema_": OTHER}),
        ("briefing", {"briefing": OTHER}),
        ("case", {"facts": OTHER, "case_files": OTHER}),
        ("script", {"script": OTHER, "script_files": OTHER}),
        ("answer", {"file": OTHER}),
    ],
)
def test_each_kind_of_staleness_is_named(kind, changes):
    found = stale(seen(with_entry(**changes), *SOURCES))
    assert [(f.cassette, f.kind) for f in found] == [("aurora/authored.1", kind)]


def test_a_comment_in_the_code_or_in_a_case_makes_nothing_stale():
    kept = seen(with_entry(case_files=OTHER, script_files=OTHER), *SOURCES)
    assert stale(kept) == []


def test_a_recording_of_a_case_that_is_gone_is_named():
    assert [f.told for f in stale(with_entry(case="nobody"))] == ["no case has this name any more"]


def test_recording_again_makes_it_fresh_and_leaves_the_others_as_they_were():
    kept = with_entry(prompt=OTHER)
    other = with_entry("lomond", prompt=OTHER).entries
    both = kept.model_copy(
        update={"entries": tuple(o if o.case == "lomond" else e for e, o in zip(kept.entries, other, strict=True))}
    )
    fresh = renewed(both, [c for c in read_cassettes() if (c.case, c.model) == ("aurora", AUTHORED)])
    assert [f.cassette for f in stale(fresh)] == ["lomond/authored.1"]
    assert fresh.files == both.files


def test_files_count_as_seen_once_nothing_is_stale():
    kept = seen(read_manifest(), *SOURCES)
    assert renewed(kept, []).files == read_manifest().files


def test_a_recording_that_was_taken_away_leaves_the_manifest(monkeypatch, tmp_path):
    monkeypatch.setattr(manifest, "place_of", lambda case, model, k: tmp_path / case)
    assert renewed(read_manifest(), []).entries == ()


def test_naming_what_is_stale_plays_nothing(monkeypatch):
    def never(*_args):
        raise AssertionError("a recording was played")

    monkeypatch.setattr("agent.tape.Tape.client", never)
    assert len(stale(with_entry(prompt=OTHER))) == 1
