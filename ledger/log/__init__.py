"""The log's own proof: what can be checked of it by anyone who holds it."""
