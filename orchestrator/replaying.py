"""Ask the gate again what it was asked before, and say whether it still answers the same."""

from enum import StrEnum

from gate import BadRecordingError, Decision, Phase, PolicyBundle, Recording, judge_again, read_inputs, ruleset_digest
from ledger import Entry, GateEvaluated, ProposalRefused
from orchestrator.desk import bundle
from orchestrator.errors import BadInputError
from orchestrator.publishing import JUDGED
from plan import REF_PREFIX, Frozen, Instant, commitment
from store import NotFoundError, Unit

SHORTEST_DIGEST = 8
_Body = GateEvaluated | ProposalRefused


class Answer(StrEnum):
    """What came of asking again."""

    SAME = "same"
    RULES_CHANGED = "rules_changed"
    DIFFERENT = "different"
    TAMPERED = "tampered"
    ERASED = "erased"


class Replayed(Frozen):
    """A decision beside the one that the gate takes today on the same inputs."""

    address: str
    at: Instant
    phase: str
    answer: Answer
    sentence: str
    recorded: str
    """Digest of the decision as it was recorded."""
    now: str = ""
    """Digest of the decision as it is taken today."""
    recorded_ruleset: str = ""
    ruleset: str = ""
    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    recording: Recording | None = None


def find_decision(unit: Unit, name: str) -> Entry:
    """Return a decision's entry by its address (`plan/ID#7`) or by the beginning of the decision's digest.

    Raises NotFoundError for none or several, BadInputError for an entry that is no decision.
    """
    if "#" in name:
        return _at(unit, name)
    digits = name.removeprefix("sha256:")
    if len(digits) < SHORTEST_DIGEST:
        raise BadInputError(
            f"{name!r} names no decision: give an address such as plan/ID#7, or {SHORTEST_DIGEST} digits of its digest"
        )
    every = (entry for _, entry in unit.every_entry() if entry.type in JUDGED)
    found = [entry for entry in every if (entry.data.get("decision") or "").startswith(f"sha256:{digits}")]
    if not found:
        raise NotFoundError(f"no decision's digest starts with {name!r}; see: oncourse ledger explain PLAN")
    if len({entry.data["decision"] for entry in found}) > 1:
        raise NotFoundError(f"more than one decision starts with {name!r}; give more digits")
    return found[0]


def _at(unit: Unit, address: str) -> Entry:
    stream, _, seq = address.partition("#")
    family, _, rest = stream.partition("/")
    if family == "plan":
        stream = f"plan/{unit.plans.resolve(rest)}"
    found = next((entry for entry in unit.entries(stream) if str(entry.seq) == seq), None)
    if found is None:
        raise NotFoundError(f"there is no entry {address}; see: oncourse ledger explain PLAN")
    if found.type not in JUDGED or found.data.get("decision") is None:
        raise BadInputError(f"{address} is {found.type}, and no decision of the gate; nothing is to be replayed")
    return found


def replay(unit: Unit, entry: Entry) -> Replayed:
    """Judge the recorded inputs again under the recorded bundles."""
    body = entry.body()
    if not isinstance(body, GateEvaluated | ProposalRefused) or body.decision is None:
        raise BadInputError(f"{entry.address} is no decision of the gate")
    told = {"address": entry.address, "at": entry.at, "phase": body.phase, "recorded": body.decision}
    told |= {"recorded_ruleset": body.ruleset or "", "ruleset": ruleset_digest()}
    ref = body.inputs or ""
    kept = unit.blobs.get(ref) if ref.startswith(REF_PREFIX) else None
    if kept is None:
        sentence = "The inputs were erased: that the decision was taken is proven, what it was taken on is gone."
        return Replayed(**told, answer=Answer.ERASED, sentence=sentence)
    try:
        recording = read_inputs(kept.content, Phase(body.phase))
    except BadRecordingError as error:
        return Replayed(**told, answer=Answer.DIFFERENT, sentence=f"The inputs are read no more: {error}.")
    told["recording"] = recording
    if commitment(kept.nonce, kept.content) != kept.ref:
        sentence = "The inputs in the database are not those that were judged: somebody changed them."
        return Replayed(**told, answer=Answer.TAMPERED, sentence=sentence)
    return _compared(told, body, judge_again(recording, *_bundles(unit, entry, body)))


def _bundles(unit: Unit, entry: Entry, body: _Body) -> tuple[PolicyBundle, PolicyBundle | None]:
    """Return the bundle of the entry, and the one that the plan ran under where that was asked too."""
    pinned = body.pinned if isinstance(body, GateEvaluated) else None
    return bundle(unit, entry.policy)[0], bundle(unit, pinned)[0] if pinned else None


def _compared(told: dict[str, object], body: _Body, today: Decision) -> Replayed:
    told["now"] = today.digest
    if today.digest == body.decision:
        sentence = f"The same: {today.verdict}, byte for byte, on the same inputs, policy and rules."
        return Replayed.model_validate(told | {"answer": Answer.SAME, "sentence": sentence})
    hard = {v.code for v in today.violations if v.severity == "HARD"}
    found = set(today.codes) if isinstance(body, GateEvaluated) else hard
    appeared, vanished = tuple(sorted(found - set(body.codes))), tuple(sorted(set(body.codes) - found))
    before = body.verdict if isinstance(body, GateEvaluated) else "DENY"
    moved = f"{before} then, {today.verdict} today" if before != today.verdict else f"still {today.verdict}"
    codes = [f"{', '.join(appeared)} appeared"] * bool(appeared) + [f"{', '.join(vanished)} vanished"] * bool(vanished)
    same_rules = body.ruleset == today.ruleset_digest
    why = "It differs though the rules are the same" if same_rules else "The rules changed since"
    sentence = f"{why}: {moved}; {' and '.join(codes) or 'the codes are the same'}."
    answer = Answer.DIFFERENT if same_rules else Answer.RULES_CHANGED
    more = {"answer": answer, "sentence": sentence, "appeared": appeared, "vanished": vanished}
    return Replayed.model_validate(told | more)
