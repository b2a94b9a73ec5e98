"""How fast Quartz is, each time against a floor or a peer in the same run; never part of the suite."""
