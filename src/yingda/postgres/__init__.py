"""Connections to PostgreSQL: their address, their habits, what they are refused, what they hear.

Knows no table and no statement of ours.
"""
