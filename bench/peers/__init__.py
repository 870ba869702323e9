"""Other people's implementations, to be timed beside ours; none is a dependency."""
