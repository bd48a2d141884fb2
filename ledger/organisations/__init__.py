"""Who may act, in which role, with which key, from when until when."""
