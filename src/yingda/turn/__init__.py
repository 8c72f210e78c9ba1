"""The turn and the conversation, and the table of what may happen to them.

Pure: this room does no I/O, reads no clock, and knows neither WeChat nor any provider.
"""
