"""Models from a hub: get and check, push, sign and trust."""
