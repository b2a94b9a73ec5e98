"""The JSON that cards and the desk page live on: thin routes of one person, mapping and records next door."""
