"""The engines under comparison, by name."""

from collections.abc import Callable, Mapping

from bench.jobs.bare_engine import Bare
from bench.jobs.base import Engine
from bench.jobs.own_engine import Own
from bench.jobs.pgqueuer_engine import OwningPgQueuer, PgQueuer, StockPgQueuer
from bench.jobs.procrastinate_engine import Procrastinate

ENGINES: Mapping[str, Callable[[str], Engine]] = {
    "procrastinate": Procrastinate,
    "pgqueuer": PgQueuer,
    "pgqueuer-stock": StockPgQueuer,
    "pgqueuer-owning": OwningPgQueuer,
    "own": Own,
    "bare": Bare,
}
#: What every row compares; two more show their difference in one row each.
COMPARED = ("procrastinate", "pgqueuer", "own", "bare")
