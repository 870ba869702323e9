"""Signals to programs that tests start."""

import signal


def listen_to_ctrl_c() -> None:
    """In a new process: what a shell starts in the background ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
