"""What nobody waits for: after an answer, and every now and then."""
