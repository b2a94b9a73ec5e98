"""Following facts and telling people: one follower a kind of fact, each with a place of its own."""
