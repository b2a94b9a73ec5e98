"""Takes one message in: resets the turn and reads the text."""
