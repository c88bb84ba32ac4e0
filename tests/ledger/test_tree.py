"""The tree is the public one: other people's vectors, and every proof of small trees."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Frontier, LedgerError, consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of
from ledger.tree import proves_consistency, proves_inclusion
from tests.real_data import real_data

MOST = 40


def vectors():
    return real_data("ledger-vectors") / "transparency-dev-merkle"


def probes(kind):
    found = [json.loads(file.read_text()) for file in sorted((vectors() / kind).rglob("*.json"))]
    assert len(found) == 98
    return found


def coded(text):
    return base64.b64decode(text or "")


def path(probe):
    return [coded(one) for one in probe["proof"] or ()]


def leaves(count):
    return [leaf_hash(str(index).encode()) for index in range(count)]


def plain_root(hashes):
    """The definition itself, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return node_hash(plain_root(hashes[:half]), plain_root(hashes[half:]))


def test_98_inclusion_probes_of_others_are_judged_as_they_say():
    for probe in probes("inclusion"):
        said = proves_inclusion(
            path(probe), coded(probe["leafHash"]), probe["leafIdx"], probe["treeSize"], coded(probe["root"])
        )
        assert said is not probe["wantErr"], probe["desc"]


def test_98_consistency_probes_of_others_are_judged_as_they_say():
    for probe in probes("consistency"):
        said = proves_consistency(
            path(probe), probe["size1"], coded(probe["root1"]), probe["size2"], coded(probe["root2"])
        )
        assert said is not probe["wantErr"], probe["desc"]


def test_the_classic_eight_leaves_have_their_classic_roots():
    known = json.loads((vectors() / "trees.json").read_text())
    tree = Frontier()
    for text, root in zip([*known["leaf_inputs_hex"], None], known["root_by_size_hex"], strict=True):
        assert tree.root().hex() == root
        if text is not None:
            tree.append(leaf_hash(bytes.fromhex(text)))
    assert leaf_hash(b"").hex() == known["hasher"]["leaf_of_empty"]
    assert leaf_hash(b"L123456").hex() == known["hasher"]["leaf_of_L123456"]


@given(st.integers(1, 200))
def test_the_frontier_comes_to_the_root_that_the_definition_says(count):
    assert root_of(leaves(count)) == plain_root(leaves(count))


def test_every_entry_of_every_small_tree_is_proved_by_its_own_proof_and_no_other():
    for size in range(1, MOST):
        hashes = leaves(size)
        root = root_of(hashes)
        for index in range(size):
            proof = inclusion_proof(index, size, hashes)
            assert proves_inclusion(proof, hashes[index], index, size, root)
            assert not proves_inclusion(proof, leaf_hash(b"other"), index, size, root)
            assert not proves_inclusion([*proof, root], hashes[index], index, size, root)
            assert size == 1 or not proves_inclusion(proof[1:], hashes[index], index, size, root)
            assert size == 1 or not proves_inclusion(proof, hashes[index], (index + 1) % size, size, root)


def test_every_small_tree_is_proved_to_be_the_beginning_of_every_larger_one():
    for size in range(1, MOST):
        hashes = leaves(size)
        root = root_of(hashes)
        for old in range(1, size + 1):
            before = root_of(hashes[:old])
            proof = consistency_proof(old, size, hashes)
            assert proves_consistency(proof, old, before, size, root)
            assert not proves_consistency(proof, old, leaf_hash(b"other"), size, root)
            assert not proves_consistency([*proof, root], old, before, size, root)


def test_a_proof_is_made_of_the_first_leaves_alone_whatever_follows():
    assert inclusion_proof(2, 5, leaves(9)) == inclusion_proof(2, 5, leaves(5))
    assert consistency_proof(3, 6, leaves(9)) == consistency_proof(3, 6, leaves(6))


def test_a_tree_goes_on_from_its_frontier():
    tree = Frontier()
    for leaf in leaves(21):
        tree.append(leaf)
    other = Frontier(tree.hashes, tree.size)
    other.append(leaf_hash(b"21"))
    assert other.root() == root_of(leaves(22))
    assert tree.root() == root_of(leaves(21))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 1000])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size):
    tree = Frontier()
    for leaf in leaves(size):
        tree.append(leaf)
    for hashes in ([], [*tree.hashes, tree.root()], [*tree.hashes[:-1], tree.hashes[-1][:-1]]):
        with pytest.raises(LedgerError, match=f"no frontier of a tree of {size} entries"):
            Frontier(hashes, size)


def test_a_collapsed_frontier_is_refused_though_its_root_is_right():
    tree = Frontier()
    for leaf in leaves(7):
        tree.append(leaf)
    with pytest.raises(LedgerError, match="1 hashes are no frontier"):
        Frontier([tree.root()], 7)


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_what_is_not_in_the_tree_has_no_proof(index):
    with pytest.raises(LedgerError, match="a tree of 5 entries has none at"):
        inclusion_proof(index, 5, leaves(5))


def test_nothing_is_proved_of_an_empty_tree_or_of_a_larger_one():
    for old in (0, -1, 6):
        with pytest.raises(LedgerError, match="proves nothing"):
            consistency_proof(old, 5, leaves(5))
        assert not proves_consistency([], old, root_of([]), 5, root_of(leaves(5)))


def test_leaves_that_run_out_are_said_so():
    with pytest.raises(LedgerError, match="the ledger ends before"):
        inclusion_proof(0, 5, leaves(3))


def test_what_proves_nothing_is_false_and_not_merely_nothing():
    hashes = leaves(8)
    root = root_of(hashes)
    assert proves_inclusion([], hashes[0], 8, 8, root) is False
    assert proves_inclusion([root] * 9, hashes[0], 0, 8, root) is False
    assert proves_consistency([], 0, root, 8, root) is False
    assert proves_consistency([], 4, root_of(hashes[:4]), 8, root) is False
    assert proves_consistency([], 3, root_of(hashes[:3]), 8, root) is False
    assert proves_consistency([root] * 9, 3, root_of(hashes[:3]), 8, root) is False


def test_two_hashes_cut_at_another_byte_have_the_same_hash_and_prove_nothing():
    left, right = leaves(2)
    root = node_hash(left, right)
    both = left + right
    assert node_hash(both[:31], both[31:]) == root
    assert proves_inclusion([both[31:]], both[:31], 0, 2, root) is False
    assert proves_inclusion([both[:33]], both[33:], 1, 2, root) is False
    assert proves_inclusion([right], left, 0, 2, root)
    assert proves_inclusion([right], left, 0, 2, root + b"x") is False
    assert proves_consistency([both[31:]], 1, both[:31], 2, root) is False
    assert proves_consistency([right], 1, left, 2, root)
    assert proves_consistency([right], 1, left, 2, root[:-1]) is False
    assert proves_consistency([right[:-1]], 1, left, 2, root) is False


def test_a_hash_of_another_length_proves_nothing_though_nothing_else_is_wrong():
    short = b"x" * 31
    assert proves_inclusion([], short, 0, 1, short) is False
    other = b"y" * 32
    assert proves_inclusion([short], other, 0, 2, node_hash(other, short)) is False
    assert proves_inclusion([other], short, 0, 2, node_hash(short, other)) is False
    assert proves_consistency([short], 1, other, 2, node_hash(other, short)) is False
    assert proves_consistency([other], 1, short, 2, node_hash(short, other)) is False


def test_no_tree_has_fewer_than_no_entries_and_an_equal_one_needs_no_proof():
    with pytest.raises(LedgerError, match="no frontier"):
        Frontier([leaf_hash(b"x")], -1)
    root = root_of(leaves(4))
    assert proves_consistency([], 4, root, 4, root)
    assert proves_consistency([root], 4, root, 4, root) is False
    assert proves_consistency([], 0, root, 0, root) is False


def test_a_copy_grows_by_itself():
    tree = Frontier()
    tree.append(leaf_hash(b"a"))
    other = tree.copy()
    other.append(leaf_hash(b"b"))
    assert (tree.size, other.size) == (1, 2)
    assert other.root() != tree.root() == leaf_hash(b"a")
