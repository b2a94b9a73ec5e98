"""One file a command; `ui/cli.py` imports a command only when it is called."""
