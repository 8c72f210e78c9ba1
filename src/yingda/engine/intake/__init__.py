"""What a follower means by a message, whether it becomes a turn, and what is answered at once."""
