"""The numbers of each task's networks and their training: data, no behaviour."""
