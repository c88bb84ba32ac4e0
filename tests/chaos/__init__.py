"""Workers that are killed, frozen and thawed, over real databases and a connector that fails."""
