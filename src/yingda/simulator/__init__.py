"""The other side, for tests, demo and load: WeChat and Dify as seen from us.

Speaks HTTP only, and knows none of the rooms that it is used to try.
"""
