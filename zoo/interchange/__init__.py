"""Circuits of other tools: difflogic, torchlogix, AIGER and BLIF, read strictly; AIGER and BLIF written.

`read` gives a circuit, `model_of` a model of it; `write_aiger` and `write_blif` go the other way.
"""

from __future__ import annotations

from zoo.interchange.aiger_writer import write_aiger
from zoo.interchange.blif_writer import write_blif
from zoo.interchange.netlist import Imported, Names
from zoo.interchange.read import FORMATS, model_of, read

__all__ = ["FORMATS", "Imported", "Names", "model_of", "read", "write_aiger", "write_blif"]
