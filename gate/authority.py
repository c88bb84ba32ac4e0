"""Who may do what: a plain table by act and risk class. Default deny; machines never approve, resume or transfer.

Separation of duties is by person: whoever edited the content does not approve it, and nobody counts twice.
"""

from collections.abc import Callable
from enum import StrEnum

from gate.policy import Approver, PolicyBundle
from plan import ActorKind, Frozen, Id, Instant, Principal, RiskClass, Role, SortedStrings


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


class AuthorityAnswer(Frozen):
    """Whether, under which grant and role; else why not, and who could."""

    allowed: bool
    grant: str = ""
    role: str = ""
    reason: str = ""
    who_could: str = ""
    on_behalf_of: Id | None = None
    """Whose delegated authority was used."""


OWNER = "owner"
"""A relation to the account, beside the roles."""
NEW_OWNER = "new_owner"
SYSTEM = "system"
_APPROVERS = (Role.PLAN_APPROVER, Role.SENIOR_APPROVER)
_PEOPLE: dict[Act, tuple[str, ...]] = {
    Act.PROPOSE: (OWNER, Role.EDITOR, *_APPROVERS, Role.REVOPS, Role.PROPOSER),
    Act.EDIT: (OWNER, Role.EDITOR),
    Act.SEND_BACK: _APPROVERS,
    Act.REJECT: (*_APPROVERS, OWNER, Role.EDITOR),
    Act.PAUSE: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.ABORT: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.RESUME: _APPROVERS,
    Act.REOPEN: _APPROVERS,
    Act.TRANSFER: (*_APPROVERS, Role.REVOPS),
    Act.SKIP_OPTIONAL: (OWNER, *_APPROVERS),
    Act.SKIP_REQUIRED: _APPROVERS,
    Act.RETRY: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.RECONCILE: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.REPORT_OUTCOME: (OWNER, Role.EDITOR, *_APPROVERS, Role.OPERATOR),
    Act.IMPORT: (Role.REVOPS, Role.TENANT_ADMIN, Role.OPERATOR),
    Act.ADD_PRINCIPAL: (Role.TENANT_ADMIN,),
    Act.PUBLISH_POLICY: (Role.TENANT_ADMIN,),
    Act.OVERRIDE: (Role.SENIOR_APPROVER,),
    Act.ACCEPT: (NEW_OWNER,),
    Act.DELEGATE: _APPROVERS,
    Act.SWITCH_ON: (Role.OPERATOR, Role.TENANT_ADMIN),
    Act.SWITCH_OFF: (Role.TENANT_ADMIN,),
    Act.GO_SHADOW: (Role.OPERATOR, Role.TENANT_ADMIN),
    Act.GO_LIVE: (Role.TENANT_ADMIN,),
}
_APPROVAL: dict[Approver, tuple[str, ...]] = {
    Approver.OWNER_OR_PLAN_APPROVER: (OWNER, *_APPROVERS),
    Approver.PLAN_APPROVER: _APPROVERS,
    Approver.SENIOR_APPROVER: (Role.SENIOR_APPROVER,),
}
_SYSTEM_MAY = frozenset({Act.PROPOSE, Act.PAUSE, Act.ABORT, Act.SKIP_OPTIONAL, Act.REPORT_OUTCOME})
_AGENT_MAY = frozenset({Act.PROPOSE})
_APPROVING = frozenset({Act.APPROVE, Act.APPROVE_STEP})


def may(request: AuthorityRequest, policy: PolicyBundle) -> AuthorityAnswer:
    """Say whether a principal may act; anything that the table does not grant is denied."""
    who = request.principal
    if who.tenant_id != request.tenant_id:
        return AuthorityAnswer(allowed=False, reason="that is another tenant's")
    if not who.active:
        return AuthorityAnswer(
            allowed=False, reason="this principal is no longer active", who_could=_could(request, policy)
        )
    if who.kind is not ActorKind.HUMAN:
        return _machine(request, policy)
    for denied in _DENIALS:
        reason = denied(request)
        if reason:
            return AuthorityAnswer(allowed=False, reason=reason, who_could=_could(request, policy))
    for role in _wanted(request, policy):
        mine = {OWNER: request.owner, NEW_OWNER: request.new_owner}
        if mine.get(role) == who.principal_id or role in who.roles:
            return AuthorityAnswer(allowed=True, grant=_grant(request), role=str(role))
    roles = ", ".join(sorted(who.roles)) or "no role"
    return AuthorityAnswer(allowed=False, reason=f"has {roles}", who_could=_could(request, policy))


def _wanted(request: AuthorityRequest, policy: PolicyBundle) -> tuple[str, ...]:
    if request.act in _APPROVING:
        return _APPROVAL[policy.authority[request.risk].role]
    wanted = _PEOPLE[request.act]
    if request.act is Act.RESUME and request.owner is not None and request.paused_by == request.owner:
        return (OWNER, *wanted)
    return wanted


def _grant(request: AuthorityRequest) -> str:
    act = request.act.value.upper().replace("_", "-")
    return f"AUTH-{act}-{request.risk}" if request.act in _APPROVING else f"AUTH-{act}"


def _machine(request: AuthorityRequest, policy: PolicyBundle) -> AuthorityAnswer:
    kind = request.principal.kind
    granted = {ActorKind.SYSTEM: _SYSTEM_MAY, ActorKind.AGENT: _AGENT_MAY}.get(kind, frozenset())
    if request.act in granted:
        return AuthorityAnswer(
            allowed=True, grant=_grant(request), role=SYSTEM if kind is ActorKind.SYSTEM else "proposer"
        )
    return AuthorityAnswer(
        allowed=False, reason=f"a machine may never {request.act}", who_could=_could(request, policy)
    )


def _edited(request: AuthorityRequest) -> str:
    own = request.principal.principal_id in request.editors
    return "whoever edits a plan does not approve it" if own and request.act in _APPROVING else ""


def _owns_high(request: AuthorityRequest) -> str:
    own = request.principal.principal_id == request.owner
    high = request.risk is RiskClass.HIGH and request.act in _APPROVING
    return "the owner does not approve a HIGH plan or step" if own and high else ""


def _twice(request: AuthorityRequest) -> str:
    again = request.principal.principal_id in request.already_approved and request.act in _APPROVING
    return "has approved this revision already" if again else ""


def _above_limit(request: AuthorityRequest) -> str:
    limit = request.principal.approval_limit_minor
    above = limit is not None and request.amount_minor > limit and request.act in _APPROVING
    return f"the plan is about {request.amount_minor} minor units a year, the limit is {limit}" if above else ""


_DENIALS: tuple[Callable[[AuthorityRequest], str], ...] = (_edited, _owns_high, _twice, _above_limit)


def _could(request: AuthorityRequest, policy: PolicyBundle) -> str:
    names = {OWNER: "the owner"}
    told = [names.get(role, f"a {role}") for role in _wanted(request, policy)]
    return " or ".join(dict.fromkeys(told)) + (" who did not edit it" if request.act is Act.APPROVE else "")
