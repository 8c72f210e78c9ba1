"""The WeChat Official Account protocol: signatures, envelopes, messages and replies.

Bytes in, frozen values out, and back again. Nothing here opens a socket (but for the server
API's client, where there is one), reads a clock, or knows what an AI is.
"""
