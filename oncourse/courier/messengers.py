"""Messengers: whatever brings a message to one channel of a person. Only here is apprise known."""

import logging
from typing import Protocol

from pydantic import SecretStr

from oncourse.courier.messages import Message

PATIENCE = 15
"""Seconds for one message to one channel."""


class Messenger(Protocol):
    """Brings messages to people."""

    def send(self, channel: SecretStr, message: Message) -> bool:
        """Send a message to a channel; return whether the channel took it. It never raises."""
        ...


class AppriseMessenger:
    """Sends by mail, chat and some hundred other ways, as the channel's URL says."""

    def send(self, channel: SecretStr, message: Message) -> bool:
        """Send a message as plain text; what the library says of it is not logged, because it names addresses."""
        import apprise

        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        try:
            way = apprise.Apprise()
            if not way.add(channel.get_secret_value()):
                return False
            return bool(
                way.notify(
                    body=message.body,
                    title=message.title,
                    body_format=apprise.NotifyFormat.TEXT,
                    interpret_escapes=False,
                    timeout=PATIENCE,
                )
            )
        except Exception:  # noqa: BLE001 - each of its hundred ways fails in its own, and the error may quote the URL
            return False
