"""Whole tenants live for a virtual year under a seeded plan of faults, and every promise is looked at after every tick.

Everything is drawn from the seed: the same seed gives the same ledger, byte for byte.
"""
