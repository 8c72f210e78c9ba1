"""What the processes on one database tell each other, so that nobody has to look again and again.

A signal says that it is worth a look, or carries text that is still being written. What is true
stands in the store: a signal may be lost, and nothing may depend on its arrival.
"""
