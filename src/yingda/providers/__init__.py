"""AI back ends: a prompt goes in, events come out.

This room knows nothing of WeChat, turns or the store.
"""
