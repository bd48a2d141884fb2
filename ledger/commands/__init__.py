"""Every command of the vocabulary: the imperatives of its events."""
