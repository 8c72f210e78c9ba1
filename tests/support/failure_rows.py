"""The failure matrix: every misbehaviour of a back end, and what comes of it.

`tests/scenario/test_failure_matrix.py` plays each row to a whole gateway, and the pages of
`docs/reference/failures` tell every story by its name and outcome.
"""

from support import failure_rows_ends, failure_rows_refused, failure_rows_streams

STORIES = failure_rows_refused.STORIES + failure_rows_streams.STORIES + failure_rows_ends.STORIES
