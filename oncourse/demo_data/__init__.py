"""A made-up company of a dozen accounts; every name is invented."""
