"""Code for the PRU, the two 200 MHz helper cores of a Bela: assembler, simulator, and whole models."""
