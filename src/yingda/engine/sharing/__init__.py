"""What several processes on one database need of each other; one process needs none of it."""
