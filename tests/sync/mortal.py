"""Ends in the middle: of a workstation's process before a statement of its replica, of the server's in a transaction.

mortal(machine, 3)   its next step dies before the third statement from now; whoever drives it reopens the file
fragile(store)       store.dies_at = 3: the next write transaction ends before its third statement, nothing is written
"""

from __future__ import annotations

from typing import Any

from server_stub.central.store import Store, Tx, Work
from server_stub.central.trouble import StoreBusy
from tests.sync.small_hall import Machine


class Died(BaseException):
    """No code of the product may catch it."""


class Mortal:
    """A replica's writing connection with so many statements to live."""

    def __init__(self, connection: Any, left: int) -> None:
        self._connection = connection
        self._left = left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *told: Any) -> Any:
        """A statement, or the end."""
        self._count()
        return self._connection.execute(*told)

    def executemany(self, *told: Any) -> Any:
        """Many."""
        self._count()
        return self._connection.executemany(*told)

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise Died


def mortal(machine: Machine, statements: int) -> None:
    """Arm it; a file that is opened again is whole again."""
    machine.store.connection = Mortal(machine.store.connection, statements)  # type: ignore[assignment]


class FragileTx:
    """A transaction with so many statements to live."""

    def __init__(self, tx: Tx, left: int) -> None:
        self._tx = tx
        self._left = left

    def __getattr__(self, name: str) -> Any:
        statement = getattr(self._tx, name)

        async def counted(*told: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left <= 0:
                raise StoreBusy("the process has ended")
            return await statement(*told, **named)

        return counted if callable(statement) else statement


class Fragile:
    """When a store's next write transaction ends; 0: as it should."""

    def __init__(self, store: Store) -> None:
        self.dies_at = 0
        self.died = 0
        self._write = type(store).write.__get__(store)  # its own, whoever held it before
        store.write = self.write  # type: ignore[method-assign]

    async def write(self, work: Work[Any]) -> Any:
        """One transaction, which may be the last of its process."""
        left, self.dies_at = self.dies_at, 0
        if not left:
            return await self._write(work)
        try:
            return await self._write(lambda tx: work(FragileTx(tx, left)))  # type: ignore[arg-type]
        except StoreBusy:
            self.died += 1
            raise
