"""The run-time model file: a model as data (`.gates`), and the C99 runtime that checks and runs it."""

from pathlib import Path

from exporters.gatesfile.write import export_gates, gates_file

RUNTIME = Path(__file__).parent / "runtime"  # the C files, for programs that load models while they run

__all__ = ["RUNTIME", "export_gates", "gates_file"]
