"""Whether what carries the steps out is there, and has a tool for all it may be given."""

from gate import PolicyBundle
from oncourse.bootstrap import mcp_executor
from oncourse.config import Settings
from plan import Approval, spec_of


def connection_findings(settings: Settings, policy: PolicyBundle) -> list[str]:
    """Return what the MCP server lacks for the approved actions; nothing where none is used."""
    if settings.executor != "mcp":
        return []
    from oncourse.connectors import NotLeftError

    approved = sorted({name for plan_type in policy.enabled_plan_types for name in policy.actions[plan_type]})
    specs = [spec for spec in map(spec_of, approved) if spec.approval is not Approval.TASK]
    try:
        return mcp_executor(settings).gaps(specs)
    except NotLeftError as error:
        return [f"the MCP server at {settings.mcp_url} cannot be asked for its tools: {error.outcome} ({error})"]
