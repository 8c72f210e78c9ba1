"""How much of one answer is taken, whichever provider gives it."""

#: Visible text of one answer. Our choice: rendering is done on the event loop and takes 0.6 s for
#: a million characters (measured), and this much is 170 parts for the follower to fetch.
ANSWER_LIMIT_CHARS = 100_000
