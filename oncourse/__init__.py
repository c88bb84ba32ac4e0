"""The front: the graph on one screen, the command line, config, bootstrap, adapters, and the promises.

Decides nothing about a plan: every change is a command of the orchestrator.
"""
