"""Canonical bytes, DSSE envelopes, keys, sealed details and signed submissions."""
