"""What a question brings besides words: pictures and recordings, fetched when it is asked."""
