"""What a model is: circuit, front end, head, file format, index and the command line."""
