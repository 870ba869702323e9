"""Models as plugins and programs of audio hosts, over one C core."""
