"""How processes on one database tell which of them live."""

from typing import Final

#: How often whoever works says that he lives, and when one who did not counts as dead. Our choice:
#: three chances, and a follower of a dead worker waits no longer than a slow AI takes.
BEAT_S: Final = 2.0
DEAD_AFTER_S: Final = 6.0
