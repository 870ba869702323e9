"""Serves a folder in forks of one warm process, so that a start after a kill takes no second.

    python forking.py FOLDER

Each line of input makes one fork serve; its address and `pid N` are printed. The next is read when it ended.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from hub.serve import serve

for module in ("uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.http.h11_impl"):
    import_module(module)

for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        serve(Path(sys.argv[1]), "127.0.0.1", 0)
        os._exit(0)
    print(f"pid {child}", flush=True)
    os.waitpid(child, 0)
