"""The engines under comparison, by name."""

from collections.abc import Callable, Mapping

from bench.jobs.bare_engine import Bare
from bench.jobs.base import Engine
from bench.jobs.pgqueuer_engine import PgQueuer, StockPgQueuer
from bench.jobs.procrastinate_engine import Procrastinate

ENGINES: Mapping[str, Callable[[str], Engine]] = {
    "procrastinate": Procrastinate,
    "pgqueuer": PgQueuer,
    "pgqueuer-stock": StockPgQueuer,
    "bare": Bare,
}
#: What every row compares; the stock driver shows its difference in the idle row only.
COMPARED = ("procrastinate", "pgqueuer", "bare")
