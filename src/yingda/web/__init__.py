"""HTTP in, HTTP out. This room knows no XML, no store and no provider: it asks the engine."""
