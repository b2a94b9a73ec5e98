"""`quartz web`: the browser's process alone, against services that run already (`up` runs it as a part)."""

from __future__ import annotations

from ui.web.serving import main as main
