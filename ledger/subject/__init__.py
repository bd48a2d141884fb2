"""The Subject aggregate: which event may follow which, and what follows by itself."""
