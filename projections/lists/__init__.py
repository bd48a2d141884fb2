"""What follows from the entries, asked across subjects or of one: lists, and their JSON."""
