"""One module per system: each knows how its vendor writes, and nothing of the others."""
