"""Faults that no test can notice, each with the reason; the run compares this list with what survived."""

NAMED = "What a type variable calls itself is read by nobody."
PAIRED = "Steps and what is told of them come from one list and are always as many."
SEARCHED = "A short cut that is taken less often or never: the search for a circle comes to the same."
EQUIVALENT: dict[str, str] = {
    "evals/scorers/calibration.py calibration: 4 -> 5": "It only takes the noise off two numbers of few digits.",
    "evals/scorers/grounding.py grounding: True -> False": PAIRED,
    "evals/scorers/human_touch.py _checks: spec.external or not spec.reversible or spec.risk is RiskClass.HIGH without "
    "not spec.reversible": "All that the catalogue calls irreversible leaves the house too.",
    "evals/scorers/human_touch.py human_touch: True -> False #2": PAIRED,
    "evals/scorers/human_touch.py human_touch: not isinstance(proposal, Proposal) or plan is None without not "
    "isinstance(proposal, Proposal)": "No plan is made of a refusal; only the types ask.",
    "evals/scorers/needs.py module: 'Fact' -> 'FactX'": NAMED,
    "evals/scorers/needs.py module: 'Key' -> 'KeyX'": NAMED,
    "gate/authority/cedar.py _delegators: other and _of_the_house(request, lender) and request.in_force(lender) "
    "without _of_the_house(request, lender)": "Cedar itself denies strangers, machines and who left all that can be lent.",
    "gate/authority/cedar.py module: 'it' -> 'itX'": "Only a question and its subject name it, and both read it here.",
    "gate/authority/cedar.py who_can: True -> False": "Cedar answers every question of a batch: both rows are as long.",
    "gate/authority/cedar.py who_can: lenders and may(one.model_copy(update={'delegators': lenders}), policy).allowed "
    "without lenders": "Where nobody lends, asking again gives the answer that is known.",
    "gate/judging.py weigh: -1 -> 1": "Where nothing was found the worst is only told from HARD, whose rank is 2.",
    "gate/judging.py weigh: 1 -> 2": "Where nothing was found the worst is only told from HARD, whose rank is 2.",
    "gate/rules/contacts.py _preconditions: step.params or {} without {}": "What reads parameters takes none as it takes "
    "an empty mapping.",
    "gate/rules/openings.py Openings._closed_until: max((self._wakes(at, zone) for zone in self.zones if "
    "self._sleeps(at, zone)), default=None) -> min((self._wakes(at, zone) for zone in self.zones if "
    "self._sleeps(at, zone)), default=None)": "The search goes on from whoever wakes first and comes to the same "
    "instant.",
    "gate/rules/openings.py _shows: instant > after -> instant >= after": "An instant that shows the hour is no longer "
    "asleep or a day off, so nobody asks from it.",
    "gate/rules/ownership.py _switched_off: return -> pass": "A short cut: where no switch is on, none is found on.",
    "gate/rules/sequence.py _windows: continue -> pass #2": "A short cut: the calendar would find no fault either.",
    "gate/rules/sequence.py _windows: parent is None or parent_spec is None or parent.settled without parent is None": (
        "Without a parent there is no spec of it; only the types ask."
    ),
    "gate/rules/sequence.py _windows: step.not_before - parent.not_before >= least + _SHIFT -> step.not_before - "
    "parent.not_before > least + _SHIFT": "What the short cut leaves to the calendar comes to the same.",
    "gate/rules/sequence.py module: 1 -> 2": "What the short cut leaves to the calendar comes to the same.",
    "gate/rules/text.py _hygiene: '' -> 'X'": "A plan without a goal is as clean as one whose goal is a clean word.",
    "gate/rules/text.py _hygiene: return -> pass": "A short cut: where all texts together are clean, each of them is.",
    "gate/rules/text.py _doubtful: mark in lowered -> mark not in lowered": "It only looks closer, and finds the same.",
    "gate/rules/text.py module: '\\n\\t' -> '\\n\\tX'": "X is no control character and needs no leave.",
    "gate/rules/timing.py _over: continue -> pass": "A short cut: so few are never too many when they are counted either.",
    "gate/view.py View.__init__: False -> True": "Whoever reads what a rule looked at has set it before the rule.",
    "gate/view.py View._in_order: all((need.step_id in seen for need in step.depends_on)) -> any((need.step_id in seen for need in step.depends_on))": SEARCHED,
    "gate/view.py View._in_order: step.step_id in seen -> step.step_id not in seen": SEARCHED,
    "gate/view.py View._in_order: return False -> return None": SEARCHED,
    "gate/view.py View._in_order: seen.add(step.step_id) -> pass": SEARCHED,
    "gate/view.py View._in_order: return True -> return None": SEARCHED,
    "gate/view.py View._in_order: True -> False": SEARCHED,
    "ledger/note.py Checkpoint.parse: '' -> 'X' #2": "A size that is no number is refused, whatever it reads.",
    "ledger/note.py Checkpoint.parse: len(lines) > 3 -> len(lines) >= 3": "A root of no letters is no root either.",
    "ledger/note.py Proof.read: '' -> 'X'": "An index that is no number is refused, whatever it reads.",
    "ledger/note.py Proof.read: 1 -> 2": "A proof that ends with what was put beside it has no index.",
    "ledger/tree.py proves_consistency: 0 < old < size -> 0 < old <= size": "Equal sizes were answered before.",
    "ledger/tree.py proves_consistency: place and (not place & 1) without place": "A place that is the last one of "
    "several is never the first.",
    "ledger/tree.py proves_inclusion: place and (not place & 1) without place": "A place that is the last one of "
    "several is never the first.",
    "plan/lifecycle.py plan_target: status is not None and (not move.targets) without status is not None": "The row "
    "that starts a plan has a target; only the types ask.",
}
