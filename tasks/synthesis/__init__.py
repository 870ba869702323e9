"""Circuits that are constructed instead of trained: from a truth table, or from a formula."""
