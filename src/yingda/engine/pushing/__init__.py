"""Answers as service messages: who may be sent them, what was sent, and what became of it."""
