"""Hand an import over to the orchestrator: the only way of imported records into the store."""

from oncourse.imports.batch import ImportBatch
from orchestrator import Acting, Orchestrator, Records

FAMILIES = (
    "accounts",
    "contracts",
    "contacts",
    "tickets",
    "invoices",
    "opportunities",
    "owners",
    "signals",
    "history",
    "goals",
)


def load(house: Orchestrator, batch: ImportBatch, who: Acting) -> int:
    """Write a batch in one transaction; return the number of records."""
    families = {name: tuple(getattr(batch, name)) for name in FAMILIES}
    records = Records(tenant=batch.tenant, families=families, postures=dict(batch.postures), facts=batch.facts)
    return house.take_records(records, who)
