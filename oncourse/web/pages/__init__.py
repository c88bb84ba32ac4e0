"""Active Plans: the pages that people live in, drawn by the server; each works as plain links and forms.

Never decides and never counts by itself: what a page shows was computed by the rooms below.
"""

from oncourse.web.pages.account_pages import router as account_pages
from oncourse.web.pages.assets import router as assets
from oncourse.web.pages.bulk import router as bulk
from oncourse.web.pages.deciding import router as deciding
from oncourse.web.pages.edit_page import router as edit_page
from oncourse.web.pages.evals_page import router as evals_page
from oncourse.web.pages.ledger_page import router as ledger_page
from oncourse.web.pages.ops_page import router as ops_page
from oncourse.web.pages.people_page import router as people_page
from oncourse.web.pages.plan_list import router as plan_list
from oncourse.web.pages.plan_page import router as plan_page
from oncourse.web.pages.policy_page import router as policy_page
from oncourse.web.pages.programs_page import router as programs_page
from oncourse.web.pages.review_list import router as review_list
from oncourse.web.pages.review_page import router as review_page
from oncourse.web.pages.settings_page import router as settings_page
from oncourse.web.pages.versions_page import router as versions_page

PAGES = (
    assets,
    plan_list,
    plan_page,
    review_list,
    review_page,
    edit_page,
    versions_page,
    account_pages,
    ledger_page,
    policy_page,
    evals_page,
    ops_page,
    settings_page,
    people_page,
    programs_page,
    bulk,
    deciding,
)
"""Every router of a page."""

__all__ = ["PAGES"]
