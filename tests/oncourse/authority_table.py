"""The design's table of who may do what, as data: acts on the left, everybody who may on the right.

It knows nothing of the Cedar policies, of the command line's code or of the words that refusals use.
"""

KINDS: dict[str, tuple[str, ...]] = {
    "p-mara": (),
    "editor": ("editor",),
    "author": ("editor", "plan_approver", "senior_approver"),
    "approver": ("plan_approver",),
    "limited": ("plan_approver", "senior_approver"),
    "senior": ("senior_approver",),
    "second": ("senior_approver",),
    "operator": ("operator",),
    "revops": ("revops",),
    "chief": ("tenant_admin",),
    "auditor": ("auditor",),
    "nobody": (),
    "heir": (),
    "gone": ("editor", "plan_approver", "senior_approver", "operator", "revops", "tenant_admin"),
    "bot": ("editor", "plan_approver", "senior_approver", "operator", "revops", "tenant_admin"),
}
"""Every kind of principal with its roles.

`p-mara` owns the plans, `author` edited them, `limited` may approve no plan of that amount, `heir` is who a plan is
handed to, `gone` was deactivated, `bot` is a machine. A senior approver is an approver; so is the author.
"""
SENIORS = frozenset({"senior", "second"})
APPROVERS = SENIORS | {"approver", "limited", "author"}
STOPPERS = APPROVERS | {"p-mara", "operator"}
ADMINS = frozenset({"chief"})

MAY: dict[str, frozenset[str]] = {
    "approve LOW": SENIORS | {"p-mara", "approver"},
    "approve MEDIUM": SENIORS | {"approver"},
    "approve HIGH": SENIORS,
    "approve HIGH as the second": frozenset({"second"}),
    "override SOFT": SENIORS,
    "override HARD": frozenset(),
    "approve step": SENIORS | {"approver", "author"},
    "edit DRAFT": frozenset({"p-mara", "editor", "author"}),
    "edit APPROVED": frozenset({"p-mara", "editor", "author"}),
    "edit ACTIVE": frozenset(),
    "extend ACTIVE": frozenset(),
    "extend DRAFT": frozenset({"p-mara", "editor", "author"}),
    "pause": STOPPERS,
    "abort": STOPPERS,
    "resume what the owner paused": APPROVERS | {"p-mara"},
    "resume what another paused": APPROVERS,
    "transfer": APPROVERS | {"revops"},
    "reopen": APPROVERS,
    "accept": frozenset({"heir"}),
    "kill switch on": ADMINS | {"operator"},
    "kill switch off": ADMINS,
    "kill switch off as the second": ADMINS,
    "mode shadow": ADMINS | {"operator"},
    "mode live": ADMINS,
    "mode live as the second": ADMINS,
    "policy propose": ADMINS,
    "policy publish": ADMINS,
    "principal add": ADMINS,
}
"""Who may, act by act."""
MACHINE_NEVER = frozenset(
    act for act in MAY if act.startswith(("approve", "override", "resume", "transfer", "reopen", "accept"))
)
"""What no machine does, whatever its roles."""
DECIDING = frozenset(act for act in MAY if act.startswith(("approve", "override")))
STOPPING = {"pause", "abort", "kill switch on", "mode shadow"}
"""What breaking the glass gives to anybody who is active: stopping is wide, starting is narrow."""
