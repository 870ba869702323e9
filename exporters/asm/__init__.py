"""Assembly of circuits, without a compiler: from gates to instructions and registers."""
