"""How turns get their turn: a queue of turn ids, and the workers that take them.

A job is no more than a turn's id. What is true about a turn stands in the store.
"""
