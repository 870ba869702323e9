"""Interactive learning: a folder of examples, or takes from a microphone, to a gate classifier in seconds."""
