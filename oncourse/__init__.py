"""oncourse."""
