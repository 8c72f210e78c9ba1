"""The WeChat Official Account protocol: signatures, envelopes, messages and replies.

Bytes in, frozen values out, and back again. Nothing here opens a socket or looks at a clock but
the client of the server API (`api`, `api_http`, `api_token`), or knows what an AI is.
"""
