"""Small faults, one at a time, in what judges and in what is legal: the tests must notice each."""
