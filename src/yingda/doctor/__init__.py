"""Finding out why WeChat, the AI or the machine refuses: one file per subject that is examined.

Looks and reports, and changes nothing. Every finding says in plain Chinese and English what was
seen, and what to do about it where something is wrong.
"""
