"""What is durable: pushes, conversations, turns, and what was offered to whom.

This room knows neither WeChat nor delivery; replies are bytes to it.
"""
