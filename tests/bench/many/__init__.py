"""Measures many processes on one PostgreSQL: what each costs, and how soon one hears of another.

Run from `tests/` as `python -m bench.many`; `--help` names the rows. Two cores carry all of it:
questions a second say little, processor time per question says where the ceiling is.
"""
