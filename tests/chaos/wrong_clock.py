"""Runs yingda as on a machine whose clock is wrong: the first argument is by how many seconds.

Everything else is as with `python -m yingda`.
"""

import sys
import time

from yingda.cli import main
from yingda.clock import SystemClock

if __name__ == "__main__":
    off_s = float(sys.argv.pop(1))

    def now(_: SystemClock) -> float:
        """What this machine takes for the time."""
        return time.time() + off_s

    SystemClock.now = now  # type: ignore[assignment, method-assign]
    main()
