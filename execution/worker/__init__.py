"""The process that trades active strategies: bars in, intents out, under a mandate signed for that very text."""
