"""The conversation in the browser: callbacks, steps, cards, and where its pictures are kept."""
