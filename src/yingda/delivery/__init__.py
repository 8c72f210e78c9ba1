"""How an answer reaches the follower.

What is chosen, rendered and cut is decided by pure functions (`choose`, `plain`, `split`); they do
no I/O and read no clock. This room knows no AI back end and no database.
"""
