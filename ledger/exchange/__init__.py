"""What nodes tell each other: messages, what is believed of them, what is owed, the trust list."""
