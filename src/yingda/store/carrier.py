"""What a store's operations are carried out by: one database's way with transactions."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store.locks import Lock
from yingda.store.steps import Steps

T = TypeVar("T")


class Carrier(ABC):
    """Carries operations out, each in one transaction. Every method raises StoreError."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]], lock: Lock) -> T:
        """Its result, once it is durable; it is begun anew where it did not come to an end."""

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T:
        """Read what is durable now, all of one instant."""

    @abstractmethod
    async def _read_all(self, operation: Callable[[], Steps[T]]) -> T:
        """The same, together with all that this process submitted before."""
