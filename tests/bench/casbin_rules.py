"""The same authority as casbin would be given it: one row for each policy, judged by `eval` over the same attributes."""

from types import SimpleNamespace

import casbin

from gate import Act, AuthorityRequest
from plan import ActorKind
from tests.gate.oracle import POLICY

MODEL = """
[request_definition]
r = sub, act, obj
[policy_definition]
p = acts, rule, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act in p.acts && eval(p.rule)
"""
_APPROVING = (Act.APPROVE, Act.APPROVE_STEP)
_DECIDING = (*_APPROVING, Act.OVERRIDE)
_ANY = tuple(Act)
_HUMAN = "r.sub.human"
_APPROVER = "('plan_approver' in r.sub.roles or 'senior_approver' in r.sub.roles)"
_SENIOR = "'senior_approver' in r.sub.roles"
_OWNER = "r.sub.id == r.obj.owner"
_OPERATOR = "'operator' in r.sub.roles"
_EDITOR = "'editor' in r.sub.roles"
_ADMIN = "'tenant_admin' in r.sub.roles"
_REVOPS = "'revops' in r.sub.roles"
_NEVER = (
    *_DECIDING, Act.RESUME, Act.REOPEN, Act.TRANSFER, Act.ACCEPT, Act.DELEGATE, Act.PUBLISH_POLICY, Act.SWITCH_OFF,
    Act.GO_LIVE, Act.RELEASE,
)  # fmt: skip
_RUNS = (Act.PROPOSE, Act.PAUSE, Act.ABORT, Act.SKIP_OPTIONAL, Act.REPORT_OUTCOME)
ALLOW: tuple[tuple[tuple[Act, ...], str], ...] = (
    ((Act.PROPOSE,), f"({_OWNER} or {_EDITOR} or {_APPROVER} or {_REVOPS} or 'proposer' in r.sub.roles)"),
    ((Act.EDIT,), f"({_OWNER} or {_EDITOR})"),
    ((Act.SEND_BACK,), _APPROVER),
    ((Act.REJECT,), f"({_OWNER} or {_EDITOR} or {_APPROVER})"),
    (_APPROVING, f"r.obj.circle == 0 and {_OWNER}"),
    (_APPROVING, f"r.obj.circle <= 1 and {_APPROVER}"),
    (_APPROVING, f"r.obj.circle == 2 and {_SENIOR}"),
    ((Act.OVERRIDE,), _SENIOR),
    ((Act.PAUSE, Act.ABORT), f"({_OWNER} or {_APPROVER} or {_OPERATOR})"),
    ((Act.PAUSE, Act.ABORT, Act.SWITCH_ON, Act.GO_SHADOW), "r.sub.break_glass"),
    ((Act.RESUME,), _APPROVER),
    ((Act.RESUME,), f"{_OWNER} and r.obj.paused_by == r.obj.owner"),
    ((Act.REOPEN,), _APPROVER),
    ((Act.TRANSFER,), f"({_APPROVER} or {_REVOPS})"),
    ((Act.ACCEPT,), "r.sub.id == r.obj.new_owner"),
    ((Act.SKIP_OPTIONAL, Act.RELEASE), f"({_OWNER} or {_APPROVER})"),
    ((Act.SKIP_REQUIRED,), _APPROVER),
    ((Act.RETRY, Act.RECONCILE), f"({_OWNER} or {_APPROVER} or {_OPERATOR})"),
    ((Act.REPORT_OUTCOME,), f"({_OWNER} or {_EDITOR} or {_APPROVER} or {_OPERATOR})"),
    ((Act.IMPORT,), f"({_REVOPS} or {_ADMIN} or {_OPERATOR})"),
    ((Act.ADD_PRINCIPAL, Act.PUBLISH_POLICY, Act.SWITCH_OFF, Act.GO_LIVE), _ADMIN),
    ((Act.SWITCH_ON, Act.GO_SHADOW), f"({_OPERATOR} or {_ADMIN})"),
    ((Act.DELEGATE,), _APPROVER),
)
DENY: tuple[tuple[tuple[Act, ...], str], ...] = (
    (_ANY, "r.sub.tenant != r.obj.tenant"),
    (_NEVER, "not r.sub.human"),
    (_DECIDING, "r.sub.id in r.obj.editors"),
    (_APPROVING, "r.sub.id in r.obj.approved"),
    (_DECIDING, f"r.obj.risk >= 3 and {_OWNER}"),
    (_DECIDING, f"{_HUMAN} and r.sub.limited and r.obj.amount > r.sub.limit"),
    (_APPROVING, "r.obj.risk >= 3 and not r.sub.strong"),
    ((Act.OVERRIDE,), "not r.sub.strong"),
    (_ANY, "not r.sub.active"),
)


def enforcer() -> casbin.Enforcer:
    """Return an enforcer that holds all of it."""
    model = casbin.Model()
    model.load_model_from_text(MODEL)
    made = casbin.Enforcer(model)
    rows = [(acts, f"{_HUMAN} and {rule}", "allow") for acts, rule in ALLOW]
    rows += [(_RUNS, "r.sub.kind == 'system'", "allow"), ((Act.PROPOSE,), "r.sub.kind == 'agent'", "allow")]
    rows += [(acts, rule, "deny") for acts, rule in DENY]
    made.add_policies([["|" + "|".join(acts) + "|", rule, effect] for acts, rule, effect in rows])
    return made


def question(request: AuthorityRequest) -> tuple[SimpleNamespace, str, SimpleNamespace]:
    """Return a request as casbin takes it."""
    who = request.principal
    subject = SimpleNamespace(
        id=who.principal_id,
        tenant=who.tenant_id,
        active=who.active,
        kind=who.kind.value,
        human=who.kind is ActorKind.HUMAN,
        roles=[str(role) for role in who.roles],
        limited=who.approval_limit_minor is not None,
        limit=who.approval_limit_minor or 0,
        strong=request.strong(POLICY),
        break_glass=request.break_glass,
    )
    thing = SimpleNamespace(
        tenant=request.tenant_id,
        risk=request.risk.rank,
        amount=request.amount_minor,
        circle=POLICY.authority[request.risk].role.rank,
        owner=request.owner or "",
        editors=list(request.editors),
        approved=list(request.already_approved),
        paused_by=request.paused_by or "",
        new_owner=request.new_owner or "",
    )
    return subject, f"|{request.act.value}|", thing
