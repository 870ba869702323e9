"""From a model to code: portable C for the whole of it, and the compilers that build it."""
