"""Read models: what follows from the entries, in tables that may be thrown away at any time."""
