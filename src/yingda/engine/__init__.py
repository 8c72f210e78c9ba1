"""The route of a push from bytes to bytes, and the turns that run in the background.

`route.py` is the place to begin, and `runner.py` where a turn is run. The rooms in the order in
which the two come to them: `intake` finds out what a message means, `waiting` holds an attempt and
chooses its reply, `asking` puts a question to an AI with what `inputs` fetched for it, `pushing`
sends service messages, `sharing` shows a turn to those who wait for it, `accounts` tells how an
account wants it, and `chores` is what nobody waits for. They call one way, which `.importlinter`
lays down.

This room names no concrete adapter: it is handed the store, the jobs and the providers behind
their seams.
"""
