"""A question is put to an AI: to which one, with what before it, and what became of the run."""
