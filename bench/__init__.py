"""What an export costs on a target, and the proof that every target gives the same answers."""
