"""Import this before LangGraph: checkpoints may then hold plain data and known message types, nothing that runs code.

LangGraph reads the switch once, when its serializer is first imported; `graph.runner` refuses to start when it came
too late.
"""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
