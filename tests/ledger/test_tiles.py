"""The files of a log are the public ones: their names, their widths, and the tree that they come to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import (
    EMPTY_ROOT,
    LedgerError,
    Paths,
    Tiling,
    bundled,
    leaf_hash,
    proves_inclusion,
    root_from,
    root_of,
    tile_path,
    tiles_of,
)

MOST = 65_536 + 1


def entry(index):
    return f"entry {index}".encode()


def leaves(count):
    return [leaf_hash(entry(index)) for index in range(count)]


def log(count):
    return dict(tiles_of(entry(index) for index in range(count)))


@pytest.mark.parametrize(
    ("level", "number", "width", "name"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 999, 256, "tile/0/999"),
        (0, 1067, 256, "tile/0/x001/067"),
        (1, 1_234_067, 256, "tile/1/x001/x234/067"),
        (2, 1_000_000, 256, "tile/2/x001/x000/000"),
        (0, 1067, 3, "tile/0/x001/067.p/3"),
        ("entries", 0, 1, "tile/entries/000.p/1"),
        ("entries", 1067, 256, "tile/entries/x001/067"),
    ],
)
def test_a_tile_is_named_as_the_public_rules_say(level, number, width, name):
    assert tile_path(level, number, width) == name


@pytest.mark.parametrize(
    ("size", "names"),
    [
        (0, set()),
        (1, {"entries/000.p/1", "0/000.p/1"}),
        (255, {"entries/000.p/255", "0/000.p/255"}),
        (256, {"entries/000", "0/000", "1/000.p/1"}),
        (257, {"entries/000", "entries/001.p/1", "0/000", "0/001.p/1", "1/000.p/1"}),
    ],
)
def test_a_log_of_this_size_has_these_files_and_no_others(size, names):
    assert set(log(size)) == {f"tile/{name}" for name in names}


def test_a_log_of_three_levels_has_the_files_of_each():
    files = log(MOST)
    narrow = {name for name in files if ".p/" in name}
    assert narrow == {"tile/entries/256.p/1", "tile/0/256.p/1", "tile/2/000.p/1"}
    for level in ("entries", "0"):
        assert {name for name in files if name.startswith(f"tile/{level}/")} - narrow == {
            f"tile/{level}/{number:03}" for number in range(256)
        }
    assert "tile/1/000" in files
    assert len(files) == 2 * 257 + 1 + 1
    hashes = leaves(MOST)
    assert files["tile/2/000.p/1"] == root_of(hashes[:65_536])
    assert files["tile/1/000"][32:64] == root_of(hashes[256:512])
    assert root_from(files, MOST) == root_of(hashes)
    for index in (0, 255, 256, 65_535, 65_536):
        assert proves_inclusion(Paths(files, MOST).to(index), hashes[index], index, MOST, root_of(hashes))


@given(st.integers(0, 1_300), st.data())
@settings(max_examples=60, deadline=None)
def test_tiles_of_any_size_come_to_the_root_of_the_tree_and_prove_each_entry(size, data):
    files, hashes = log(size), leaves(size)
    root = root_of(hashes)
    assert root_from(files, size) == root if size else root == EMPTY_ROOT
    if size:
        index = data.draw(st.integers(0, size - 1))
        assert proves_inclusion(Paths(files, size).to(index), hashes[index], index, size, root)
    assert all(
        len(held) // 32 == int(name.partition(".p/")[2] or 256) for name, held in files.items() if "entr" not in name
    )


def test_a_bundle_gives_back_its_entries_each_behind_its_length():
    bodies = [b"", b"a", b"b" * 65_535, "ü".encode()]
    data = dict(tiles_of(bodies))["tile/entries/000.p/4"]
    assert data[:5] == b"\x00\x00\x00\x01a"
    assert list(bundled(data)) == bodies
    for cut in (1, 2, 4, len(data) - 1):
        if cut != 2:
            with pytest.raises(LedgerError, match="in the middle"):
                list(bundled(data[:cut]))


def test_an_entry_that_no_bundle_can_hold_is_refused():
    with pytest.raises(LedgerError, match=r"entry 1 has 65536 bytes; a bundle takes 65535"):
        list(Tiling().take(b"x" * 65_536))


def test_a_proof_is_refused_where_a_tile_is_missing_or_cut():
    files = log(300)
    files["tile/0/001.p/44"] = files["tile/0/001.p/44"][:-1]
    with pytest.raises(LedgerError, match=r"tile/0/001.p/44 should hold 44 hashes"):
        Paths(files, 300).to(299)
    del files["tile/0/000"]
    with pytest.raises(LedgerError, match="tile/0/000 should hold 256"):
        Paths(files, 300).to(1)


def test_hash_tiles_are_made_without_keeping_the_entries():
    tiling = Tiling()
    files = {file.path for index in range(257) for file in tiling.take(entry(index), keep=False)}
    assert files | {file.path for file in tiling.rest()} == {"tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"}
