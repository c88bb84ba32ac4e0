"""Authority in words: a sentence for each policy that denies, and who could for each act."""

from gate.authority.requests import Act, AuthorityRequest
from gate.policy import Approver, PolicyBundle
from plan import Role

OWNER, NEW_OWNER = "owner", "new_owner"
NO_PERMIT = "AUTH-D00-no-permit"
FAILED = "AUTH-E01-evaluation-error"
INACTIVE = "AUTH-F09-inactive"
DENIED: dict[str, str] = {
    FAILED: "the policies could not be evaluated, so nothing is allowed; report it",
    "AUTH-F01-foreign-tenant": "that is another tenant's",
    "AUTH-F02-machine-never": "a machine may never do this",
    "AUTH-F03-own-content": "whoever edits a plan does not approve it",
    "AUTH-F04-twice": "has approved this already",
    "AUTH-F05-owner-of-high": "the owner does not approve what is HIGH",
    "AUTH-F06-above-limit": "the plan is about more than this person's limit",
    "AUTH-F07-second-factor": "what is HIGH takes a recent second factor",
    "AUTH-F08-second-factor-to-override": "an override takes a recent second factor",
    INACTIVE: "this principal is no longer active",
}
"""Why, by the id of what forbids."""
TAKES_TWO = "AUTH-T01-takes-two"
LAST_ADMIN = "AUTH-T02-last-admin"
"""What no question to Cedar can say, because it is about what happened before or about everybody else."""
_APPROVERS = (Role.PLAN_APPROVER, Role.SENIOR_APPROVER)
COULD: dict[Act, tuple[str, ...]] = {
    Act.PROPOSE: (OWNER, Role.EDITOR, *_APPROVERS, Role.REVOPS),
    Act.EDIT: (OWNER, Role.EDITOR),
    Act.SEND_BACK: _APPROVERS,
    Act.REJECT: (*_APPROVERS, OWNER, Role.EDITOR),
    Act.OVERRIDE: (Role.SENIOR_APPROVER,),
    Act.PAUSE: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.ABORT: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.RESUME: _APPROVERS,
    Act.REOPEN: _APPROVERS,
    Act.TRANSFER: (*_APPROVERS, Role.REVOPS),
    Act.ACCEPT: (NEW_OWNER,),
    Act.SKIP_OPTIONAL: (OWNER, *_APPROVERS),
    Act.SKIP_REQUIRED: _APPROVERS,
    Act.RETRY: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.RECONCILE: (OWNER, *_APPROVERS, Role.OPERATOR),
    Act.REPORT_OUTCOME: (OWNER, Role.EDITOR, *_APPROVERS, Role.OPERATOR),
    Act.RELEASE: (OWNER, *_APPROVERS),
    Act.IMPORT: (Role.REVOPS, Role.TENANT_ADMIN, Role.OPERATOR),
    Act.ADD_PRINCIPAL: (Role.TENANT_ADMIN,),
    Act.DELEGATE: _APPROVERS,
    Act.PUBLISH_POLICY: (Role.TENANT_ADMIN,),
    Act.SWITCH_ON: (Role.OPERATOR, Role.TENANT_ADMIN),
    Act.SWITCH_OFF: (Role.TENANT_ADMIN,),
    Act.GO_SHADOW: (Role.OPERATOR, Role.TENANT_ADMIN),
    Act.GO_LIVE: (Role.TENANT_ADMIN,),
    Act.KEEP_LEDGER: (Role.TENANT_ADMIN,),
}
"""Relations and roles that could do an act, in the order in which people would ask; a test holds it to the policies."""
APPROVING: dict[Approver, tuple[str, ...]] = {
    Approver.OWNER_OR_PLAN_APPROVER: (OWNER, *_APPROVERS),
    Approver.PLAN_APPROVER: _APPROVERS,
    Approver.SENIOR_APPROVER: (Role.SENIOR_APPROVER,),
}


def could(request: AuthorityRequest, policy: PolicyBundle) -> tuple[str, ...]:
    """Return the relations and roles that could do the act."""
    if request.act in {Act.APPROVE, Act.APPROVE_STEP}:
        return APPROVING[policy.authority[request.risk].role]
    owner_too = request.act is Act.RESUME and request.owner is not None and request.paused_by == request.owner
    return (OWNER, *COULD[request.act]) if owner_too else COULD[request.act]


def who_could(request: AuthorityRequest, policy: PolicyBundle) -> str:
    """Return who could do the act, in words."""
    names = {OWNER: "the owner", NEW_OWNER: f"the new owner {request.new_owner or ''}".strip()}
    told = [names.get(role, f"{'an' if role[0] in 'aeiou' else 'a'} {role}") for role in could(request, policy)]
    return " or ".join(dict.fromkeys(told)) + (" who did not edit it" if request.act is Act.APPROVE else "")
