"""Active Plans: the pages that people live in, drawn by the server; each works as plain links and forms.

Never decides and never counts by itself: what a page shows was computed by the rooms below.
"""

from oncourse.web.pages.assets import router as assets
from oncourse.web.pages.bulk import router as bulk
from oncourse.web.pages.deciding import router as deciding
from oncourse.web.pages.edit_page import router as edit_page
from oncourse.web.pages.plan_list import router as plan_list
from oncourse.web.pages.plan_page import router as plan_page
from oncourse.web.pages.review_list import router as review_list
from oncourse.web.pages.review_page import router as review_page

PAGES = (assets, plan_list, plan_page, review_list, review_page, edit_page, bulk, deciding)
"""Every router of a page."""

__all__ = ["PAGES"]
