"""Targets: where an export runs, and what it costs there."""
