"""Released prompts never change."""

from hashlib import sha256
from importlib.resources import files

from agent.prompt import prompt_of
from plan import PLAYBOOKS

FOLDER = files("agent").joinpath("prompts")
LOCK = dict(reversed(line.split("  ")) for line in FOLDER.joinpath("LOCK").read_text().splitlines())


def test_every_prompt_stands_in_the_lock_with_its_own_hash():
    found = {p.name: sha256(p.read_bytes()).hexdigest() for p in FOLDER.iterdir() if p.name.endswith(".md")}
    assert found == LOCK, "a released prompt changed: make a new version, add it to LOCK, and record again"


def test_every_playbook_has_a_prompt_with_one_canary():
    for plan_type in PLAYBOOKS:
        prompt = prompt_of(plan_type)
        assert prompt.text.count(prompt.canary) == 1
        assert prompt.digest.removeprefix("sha256:") in LOCK.values()
        assert prompt.name.startswith(plan_type.value.lower())
