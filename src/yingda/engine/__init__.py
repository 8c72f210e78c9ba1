"""The route of a push from bytes to bytes, and the turns that run in the background.

`route.py` is the place to begin. This room names no concrete adapter: it is handed the store,
the jobs and the providers behind their seams.
"""
