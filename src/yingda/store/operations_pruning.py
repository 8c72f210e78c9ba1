"""The part of the stores' operations that lets go of what is old; `operations` tells more."""

from yingda.store import locks, pruning
from yingda.store.carrier import Carrier
from yingda.store.pruning_base import Pruned, PruneSpot


class PruningOperations(Carrier):
    """Implements `pruning_base.PruningStore`."""

    async def prune(self, before: float, spot: PruneSpot) -> Pruned:
        return await self._run(lambda: pruning.prune(before, spot), locks.PRUNING)

    async def arrange_months(self, before: float | None) -> None:
        """All turns stand in one table, unless a database says otherwise."""
