"""Recordings: fetched from packages, cut, labelled, mixed, split by kit, and cached."""
