"""The connectors against real servers in processes of their own."""
