"""Other people's engines on our work: one script a peer, an environment each, one protocol.

Contract: a script imports its engine and `told` alone, nothing of Quartz, and runs by another interpreter.
"""
