"""Measures the gateway as one process, each figure beside the limit it is judged by.

Run from `tests/` as `python -m bench`; `--help` names the rows. The parent process only starts
the parts and reads their use of the processor. Nothing here is imported by a test's subject.
"""
