"""Plans that rest on nothing, on the wrong thing, on what a stranger wrote, or on figures from nowhere."""

from collections.abc import Callable

from evals.cases import Case
from evals.defects.bending import PLAIN, changed, each, knowing, known, written_into
from evals.defects.policy import nothing_cited, phantom_evidence
from evals.defects.seeding import Defect, of_both, of_proposal
from evals.reading import ancestors
from evals.treatments import TREATS
from plan import Proposal, ProposedStep, contacts_of, ids_of, written_fields

_LOUD = 1000
"""A signal's value from which its basis points are no day and no count."""


def phantom_beside_real(proposal: Proposal, _case: Case) -> Proposal:
    """Cite what does not exist beside what does."""
    last = proposal.steps[-1]
    return changed(proposal, last.key, evidence=(*last.evidence, "ghost-s1"))


def evidence_of_another(proposal: Proposal, case: Case) -> Proposal:
    """Cite a person, who is no evidence."""
    return changed(proposal, proposal.steps[0].key, evidence=(known(case).account.account_id,))


def wrong_evidence(proposal: Proposal, case: Case) -> Proposal | None:
    """Cite for one treating step only what does not call for it."""
    return _recited(proposal, case, lambda _step, wrong: wrong[:1])


def mostly_wrong_evidence(proposal: Proposal, case: Case) -> Proposal | None:
    """Hide what calls for a step among more that does not."""
    return _recited(
        proposal, case, lambda step, wrong: (*step.evidence, *wrong) if len(wrong) > len(step.evidence) else ()
    )


def cites_everything(proposal: Proposal, case: Case) -> Proposal | None:
    """Cite everything that there is for every step, where most of it does not call for one of them."""
    every = tuple(sorted(known(case).evidence_ids()))
    drowned = any(2 * len(_irrelevant(step, proposal, case)) > len(every) for step in _treating(proposal))
    return each(proposal, lambda step: step.model_copy(update={"evidence": every})) if drowned else None


def rests_on_a_note(proposal: Proposal, case: Case) -> Proposal | None:
    """Cite for a step only what somebody wrote, in a note or a subject that has nothing to do with it."""
    texts = {signal.signal_id for signal in known(case).signals if signal.note}
    texts |= {ticket.ticket_id for ticket in known(case).tickets if ticket.subject}
    return _recited(proposal, case, lambda _step, wrong: tuple(ref for ref in wrong if ref in texts))


def invented_figures(proposal: Proposal, _case: Case) -> Proposal:
    """Hold a figure from nowhere in every reason."""
    return each(proposal, lambda step: step.model_copy(update={"rationale": f"{step.rationale} It was 7731."}))


def one_invented_figure(proposal: Proposal, _case: Case) -> Proposal:
    """Hold a figure from nowhere in one reason."""
    return written_into(proposal, "Of 7731 users most are gone.")


def invented_share(proposal: Proposal, _case: Case) -> Proposal:
    """Hold a share from nowhere."""
    return written_into(proposal, "That is 98.7 % of it.")


def invented_day(proposal: Proposal, _case: Case) -> Proposal:
    """Hold a day from nowhere."""
    return written_into(proposal, "They decide on 2031-02-03.")


def figure_in_the_summary(proposal: Proposal, _case: Case) -> Proposal:
    """Hold a figure from nowhere in the summary."""
    return proposal.model_copy(update={"summary": f"{proposal.summary} It is about 7731 seats."})


def figure_in_a_message(proposal: Proposal, _case: Case) -> Proposal | None:
    """Hold a figure from nowhere in what is written to somebody."""
    for step in proposal.steps:
        for name in written_fields(step.action_type):
            text = f"{step.params.get(name, '')} It was 7731."
            return changed(proposal, step.key, params=step.params | {name: text})
    return None


def names_the_price(proposal: Proposal, case: Case) -> Proposal | None:
    """Tell what the contract is worth; a step that cites it may not, either."""
    worth = known(case).contracts[0].arr_minor // 100
    last = proposal.steps[-1]
    cited = changed(proposal, last.key, evidence=(*last.evidence, known(case).contracts[0].contract_id))
    return written_into(cited, f"It is worth {worth:,} a year.")


def price_behind_its_currency(proposal: Proposal, case: Case) -> Proposal:
    """Tell a sum that hides behind its currency."""
    return written_into(proposal, f"It is worth {known(case).contracts[0].currency}7731 a month.")


def figure_of_other_evidence(proposal: Proposal, case: Case) -> Proposal | None:
    """Hold the figure of a signal that the step does not cite."""
    for signal in known(case).signals:
        for step in proposal.steps:
            if signal.value is not None and abs(signal.value) >= _LOUD and signal.signal_id not in step.evidence:
                told = f"{step.rationale} It changed by {abs(signal.value)} points."
                return changed(proposal, step.key, rationale=told)
    return None


def figure_of_a_note(proposal: Proposal, case: Case) -> tuple[Proposal, Case] | None:
    """Repeat the figure that a note tells, citing its signal."""
    cited = {ref: step for step in proposal.steps for ref in step.evidence}
    signal = next((signal for signal in known(case).signals if signal.signal_id in cited), None)
    if signal is None:
        return None
    told, step = "They pay 8842 a month.", cited[signal.signal_id]
    noted = tuple(
        row.model_copy(update={"note": f"{row.note} {told}"}) if row is signal else row for row in known(case).signals
    )
    return changed(proposal, step.key, rationale=f"{step.rationale} {told}"), knowing(case, signals=noted)


def says_nothing(proposal: Proposal, _case: Case) -> Proposal | None:
    """Give no reason that has anything to do with what is cited."""

    def emptied(step: ProposedStep) -> ProposedStep:
        texts = {name: PLAIN for name in written_fields(step.action_type) if name in step.params}
        return step.model_copy(update={"rationale": PLAIN, "params": step.params | texts})

    return each(proposal, emptied) if _treating(proposal) else None


def _treating(proposal: Proposal) -> list[ProposedStep]:
    return [step for step in proposal.steps if step.action_type in TREATS]


def _recited(
    proposal: Proposal, case: Case, cited: Callable[[ProposedStep, tuple[str, ...]], tuple[str, ...]]
) -> Proposal | None:
    """Return the plan with other evidence for the last treating step that has any; None where none has."""
    for step in reversed(_treating(proposal)):
        found = cited(step, _irrelevant(step, proposal, case))
        if found:
            return changed(proposal, step.key, evidence=found)
    return None


def _irrelevant(step: ProposedStep, proposal: Proposal, case: Case) -> tuple[str, ...]:
    """Return the ids that surely do not call for a step.

    These are the signals that neither it nor what waits for it treats, and records and touches of which its parameters
    name nothing.
    """
    before, now = ancestors(proposal), known(case)
    after = [other.action_type for other in proposal.steps if step.key in before[other.key]]
    types = frozenset[object]().union(*(TREATS.get(action, frozenset()) for action in (step.action_type, *after)))
    named = {*ids_of(step.params, "ticket_ids", "invoice_ids"), *contacts_of(step.params)}
    return (
        *(signal.signal_id for signal in now.signals if signal.type not in types),
        *(ticket.ticket_id for ticket in now.tickets if ticket.ticket_id not in named),
        *(invoice.invoice_id for invoice in now.invoices if invoice.invoice_id not in named),
        *(touch.touch_id for touch in now.history if touch.contact_id not in named),
    )


DEFECTS: tuple[Defect, ...] = (
    *(
        of_proposal("grounding", change)
        for change in (
            phantom_evidence,
            phantom_beside_real,
            evidence_of_another,
            nothing_cited,
            wrong_evidence,
            mostly_wrong_evidence,
            cites_everything,
            rests_on_a_note,
            invented_figures,
            one_invented_figure,
            invented_share,
            invented_day,
            figure_in_the_summary,
            figure_in_a_message,
            names_the_price,
            price_behind_its_currency,
            figure_of_other_evidence,
            says_nothing,
        )
    ),
    of_both("grounding", figure_of_a_note),
)
