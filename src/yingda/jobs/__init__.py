"""How turns get their turn: a queue of turn ids, and the workers that take them.

A job is no more than a turn's id. What is true about a turn stands in the store.

In one process (`local`) a job is given by `defer`. On PostgreSQL (`postgres`) it is a row, written
in the very transaction that makes its turn due: `databases` hands the store the statement for it
(`PostgresJobs.deferral`), `store.deferring` puts it into the transaction, and `defer` only wakes
whoever has a place for it.
"""
