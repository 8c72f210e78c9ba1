"""What an account is, what it may spend, and what was learnt about it while the process runs."""
