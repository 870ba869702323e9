"""The part of the Hub's HTTP interface that its clients use."""
