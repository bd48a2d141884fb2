"""The stores of the log: recorders for the ``eventsourcing`` library, behind one port.

``port`` says what a store guarantees, ``opening.open_store`` opens one, ``append`` is
the one append path both stores share. Nobody else imports the library's recorders.
"""
