"""Two bundles side by side: every difference as a field, what it was and what it is."""

from enum import StrEnum
from typing import Any

from gate.policy import PolicyBundle
from plan import Frozen, canonical

_LONGEST = 200


class ChangeKind(StrEnum):
    """What became of a field."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class PolicyDifference(Frozen):
    """One difference between two bundles."""

    field: str
    """Dotted path, such as `authority.HIGH.persons`."""
    kind: ChangeKind
    before: str = ""
    after: str = ""

    @property
    def sentence(self) -> str:
        """Return the difference in one line."""
        if self.kind is ChangeKind.CHANGED:
            return f"{self.field}: {self.before} -> {self.after}"
        return f"{self.field}: {self.kind} {self.after or self.before}"


def policy_differences(old: PolicyBundle, new: PolicyBundle) -> tuple[PolicyDifference, ...]:
    """Return what one bundle says otherwise than the other, in the order of the bundle's fields."""
    return tuple(_between("", old.model_dump(mode="json"), new.model_dump(mode="json")))


def _between(path: str, old: Any, new: Any) -> list[PolicyDifference]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return _of_mappings(path, old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _of_lists(path, old, new)
    return [PolicyDifference(field=path, kind=ChangeKind.CHANGED, before=_word(old), after=_word(new))]


def _of_mappings(path: str, old: dict[str, Any], new: dict[str, Any]) -> list[PolicyDifference]:
    found: list[PolicyDifference] = []
    for name in dict.fromkeys((*old, *new)):
        here = f"{path}.{name}" if path else name
        if name not in new:
            found.append(PolicyDifference(field=here, kind=ChangeKind.REMOVED, before=_word(old[name])))
        elif name not in old:
            found.append(PolicyDifference(field=here, kind=ChangeKind.ADDED, after=_word(new[name])))
        else:
            found += _between(here, old[name], new[name])
    return found


def _of_lists(path: str, old: list[Any], new: list[Any]) -> list[PolicyDifference]:
    before, after = [_word(item) for item in old], [_word(item) for item in new]
    if sorted(before) == sorted(after):
        told = {"before": ", ".join(before), "after": ", ".join(after)}
        return [PolicyDifference(field=path, kind=ChangeKind.CHANGED, **told)]
    gone = [PolicyDifference(field=path, kind=ChangeKind.REMOVED, before=w) for w in before if w not in after]
    come = [PolicyDifference(field=path, kind=ChangeKind.ADDED, after=w) for w in after if w not in before]
    return gone + come


def _word(value: Any) -> str:
    """Return a value as one short line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        told = ", ".join(f"{name} {_word(item)}" for name, item in value.items())
    elif isinstance(value, list):
        told = canonical(value).decode()
    else:
        told = str(value)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 3] + "..."
