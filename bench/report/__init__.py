"""What a benchmark found, as tables in the terminal and as one web page."""
