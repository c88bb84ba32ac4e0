"""What authority is asked and what it answers."""

from datetime import timedelta
from enum import StrEnum

from gate.policy import PolicyBundle
from plan import Delegation, Frozen, Id, Instant, Principal, RiskClass, SortedStrings


class Act(StrEnum):
    """What someone may try."""

    PROPOSE = "propose"
    EDIT = "edit"
    SEND_BACK = "send_back"
    REJECT = "reject"
    APPROVE = "approve"
    APPROVE_STEP = "approve_step"
    OVERRIDE = "override"
    """Let a SOFT violation pass with a reason; nobody overrides a HARD one."""
    PAUSE = "pause"
    ABORT = "abort"
    RESUME = "resume"
    REOPEN = "reopen"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    """Take over a plan that was handed to oneself."""
    SKIP_OPTIONAL = "skip_optional"
    SKIP_REQUIRED = "skip_required"
    RETRY = "retry"
    RECONCILE = "reconcile"
    REPORT_OUTCOME = "report_outcome"
    RELEASE = "release"
    """Let an account's external steps go on after something came in."""
    IMPORT = "import"
    ADD_PRINCIPAL = "add_principal"
    DELEGATE = "delegate"
    PUBLISH_POLICY = "publish_policy"
    """Bring a bundle into force; it takes two different people."""
    SWITCH_ON = "switch_on"
    """Throw a kill switch: what it names stops."""
    SWITCH_OFF = "switch_off"
    """Release a kill switch; it takes two different people."""
    GO_SHADOW = "go_shadow"
    """Record effects instead of sending them."""
    GO_LIVE = "go_live"
    """Send effects; it takes two different people."""
    KEEP_LEDGER = "keep_ledger"
    """Give the ledger another key, or take it up again after an older copy was put back."""


DELEGABLE = frozenset(
    {
        Act.APPROVE,
        Act.APPROVE_STEP,
        Act.OVERRIDE,
        Act.SEND_BACK,
        Act.REJECT,
        Act.RESUME,
        Act.REOPEN,
        Act.TRANSFER,
        Act.SKIP_REQUIRED,
    }
)
"""What may be done in somebody's stead; nothing that governs the tenant is among it."""


class AuthorityRequest(Frozen):
    """Who wants to do what to which plan."""

    act: Act
    principal: Principal
    tenant_id: Id
    risk: RiskClass = RiskClass.LOW
    owner: Id | None = None
    editors: SortedStrings = frozenset()
    already_approved: SortedStrings = frozenset()
    amount_minor: int = 0
    paused_by: Id | None = None
    now: Instant | None = None
    """When it is asked; needed where a delegation or a second factor counts."""
    strong_at: Instant | None = None
    """When the person last showed a second factor."""
    delegators: tuple[Principal, ...] = ()
    """Who let this principal act in their stead; only what is in force at `now` counts."""
    break_glass: bool = False
    """An emergency: it widens who may stop things, and nothing else."""
    new_owner: Id | None = None
    """To whom the plan was handed."""

    def strong(self, policy: PolicyBundle) -> bool:
        """Tell whether a second factor was shown recently enough for what is HIGH."""
        if self.now is None or self.strong_at is None:
            return False
        return timedelta(0) <= self.now - self.strong_at <= timedelta(minutes=policy.strong_authentication_minutes)

    def in_force(self, delegator: Principal) -> bool:
        """Tell whether a person lets this principal do this very act now, for a plan of this risk and amount."""
        return self.act in DELEGABLE and any(self._covers(given) for given in delegator.delegations)

    def _covers(self, given: Delegation) -> bool:
        return (
            given.to == self.principal.principal_id
            and self.act.value in given.acts
            and self.now is not None
            and self.now <= given.until
            and self.risk.rank <= given.max_risk.rank
            and (given.max_amount_minor is None or self.amount_minor <= given.max_amount_minor)
        )


class AuthorityAnswer(Frozen):
    """Whether, under which policy and role; else why not, and who could."""

    allowed: bool
    grant: str
    """The policy that decided: of the permit where it is allowed, else of what denied it."""
    role: str = ""
    reason: str = ""
    who_could: str = ""
    on_behalf_of: Id | None = None
    """Whose delegated authority was used."""
