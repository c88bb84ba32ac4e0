"""What can go wrong between the house and its database."""

from plan import OncourseError


class StoreError(OncourseError):
    """The database cannot be used as it is."""

    code = "store"


class AddressError(StoreError):
    """A database URL names no database that can be used."""

    code = "bad_config"


class SchemaError(StoreError):
    """The database does not have the schema of this program."""

    code = "schema"


class NotFoundError(StoreError):
    """There is no such thing for this tenant."""

    code = "not_found"


class BrokenRowError(StoreError):
    """A row no longer holds what the house writes."""

    code = "broken_row"


class AlteredHeadError(StoreError):
    """The ledger's head is not what this program signed."""

    code = "altered_head"


class KeylessError(StoreError):
    """Nobody here can sign the ledger."""

    code = "no_key"


class StaleError(StoreError):
    """Somebody changed it since it was read; nothing was written."""

    code = "changed_since_read"


class SlotTakenError(StoreError):
    """Another plan is ACTIVE for the same account and plan type (PG040)."""

    code = "conflict"

    def __init__(self, holder: str, account_id: str, plan_type: str) -> None:
        super().__init__(f"PG040: plan {holder} is ACTIVE for the same account and type; wait for its end or pause it")
        self.holder, self.account_id, self.plan_type = holder, account_id, plan_type
