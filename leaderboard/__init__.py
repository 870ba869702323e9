"""The result store: submit, verify, rank and show records.

Nothing lives here yet: every model folder carries the record of its own run.
"""
