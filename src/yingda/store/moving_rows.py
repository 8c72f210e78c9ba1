"""Rows between two databases: made alike, and summed up so that a difference shows. Pure.

SQLite keeps what it is given; PostgreSQL keeps what its columns' types say. A row is fitted to the
types as soon as it is read, from either.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import BigInteger, Column, Table

from yingda.store.moving_base import NotMoved, Reason, Row, Value
from yingda.store.postgres_statements import storable

#: The bytes of a row's hash. Our choice: what is feared is a mistake, no adversary.
_HASH_BYTES = 16
_SUM_LIMIT = 1 << (8 * _HASH_BYTES)

_Fit = Callable[[object], Value]
#: One coding for each row: lengths stand before texts, and each type has a mark of its own.
_encode = msgspec.msgpack.Encoder().encode


class Sum(msgspec.Struct, frozen=True):
    """How many rows, and the sum of their hashes; in whatever order they were read."""

    rows: int
    hashes: int


def summed(rows: Iterable[Row]) -> Sum:
    """What tells these rows from others. A sum, for equal rows would cancel out under XOR."""
    count = hashes = 0
    for row in rows:
        digest = blake2b(_encode(row), digest_size=_HASH_BYTES).digest()
        hashes += int.from_bytes(digest, "big")
        count += 1
    return Sum(count, hashes % _SUM_LIMIT)


def fitted(table: Table, rows: Iterable[Sequence[object]]) -> Iterator[Row]:
    """The rows as the types of the table's columns have them.

    Raises NotMoved, which names the column and shows no value, for what no type's rules allow.
    """
    fits = [_fit(column) for column in table.columns]
    for row in rows:
        yield tuple(
            [None if value is None else fit(value) for fit, value in zip(fits, row, strict=True)]
        )


def _fit(column: Column[object]) -> _Fit:
    unfit = f"{column.table.name}.{column.name}"
    kind = column.type.python_type
    if kind is int:
        return _whole(unfit, 63 if isinstance(column.type, BigInteger) else 31)
    return {str: _text, float: _real, bytes: _raw}[kind](unfit)


def _whole(unfit: str, bits: int) -> _Fit:
    least, limit = -(1 << bits), 1 << bits

    def fit(value: object) -> Value:
        if isinstance(value, int) and least <= value < limit:
            return value
        if isinstance(value, float) and value.is_integer():
            return fit(int(value))
        raise NotMoved(Reason.UNFIT_VALUE, unfit)

    return fit


def _real(unfit: str) -> _Fit:
    def fit(value: object) -> Value:
        if isinstance(value, float | int):
            # SQLite keeps no negative zero.
            return float(value) + 0.0
        raise NotMoved(Reason.UNFIT_VALUE, unfit)

    return fit


def _text(unfit: str) -> _Fit:
    def fit(value: object) -> Value:
        if isinstance(value, str):
            kept: str = storable(value)
            return kept
        # Text that SQLite was given as bytes, or that is not UTF-8.
        if isinstance(value, bytes):
            with contextlib.suppress(UnicodeDecodeError):
                return fit(value.decode())
        raise NotMoved(Reason.UNFIT_VALUE, unfit)

    return fit


def _raw(unfit: str) -> _Fit:
    def fit(value: object) -> Value:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            return value.encode()
        raise NotMoved(Reason.UNFIT_VALUE, unfit)

    return fit
