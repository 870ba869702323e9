"""What `scripts/measure_compiler.py` records, a module for each part."""
