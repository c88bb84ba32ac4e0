"""What tells others: webhooks are sent the ledger's entries, and people that something waits for them.

Never changes a plan, never tells a private text, and nothing that it sends can approve anything.
"""

from oncourse.courier.deliveries import Deliveries
from oncourse.courier.fence import Fence, FenceError
from oncourse.courier.letters import ToldEvent
from oncourse.courier.messengers import AppriseMessenger, Messenger
from oncourse.courier.notices import Notices
from oncourse.courier.post import Answer, Came, HttpPost, Post
from oncourse.courier.rounds import Courier
from oncourse.courier.subscriptions import Secret, SentAgain, Subscription, Subscriptions, may_see_webhooks

__all__ = [
    "Answer",
    "AppriseMessenger",
    "Came",
    "Courier",
    "Deliveries",
    "Fence",
    "FenceError",
    "HttpPost",
    "Messenger",
    "Notices",
    "Post",
    "Secret",
    "SentAgain",
    "Subscription",
    "Subscriptions",
    "ToldEvent",
    "may_see_webhooks",
]
