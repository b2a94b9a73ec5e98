"""A stage for cards alone: Chainlit with the project's public files, and a chat that shows the card it is told to.

Run as a script: `stage.py APP_ROOT` listens on a free port and prints it. A message `{"name": …, "props": …}` is
answered with that element. There is no API here: the browser's requests to /api are answered by the test itself.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path


def main(root: Path) -> None:
    os.environ["CHAINLIT_APP_ROOT"] = str(root)
    os.chdir(root)
    import plotly
    import uvicorn
    from chainlit.utils import mount_chainlit
    from fastapi import FastAPI
    from fastapi.responses import FileResponse
    from starlette.staticfiles import StaticFiles

    from tools.settings import ROOT

    app = FastAPI()
    drawing = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    app.get("/static/plotly.min.js")(lambda: FileResponse(drawing))
    app.mount("/static", StaticFiles(directory=ROOT / "ui" / "web" / "static"))  # the colours
    mount_chainlit(app, str(Path(__file__)), "/chat")
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
else:
    import chainlit

    @chainlit.on_message
    async def show(message: chainlit.Message) -> None:
        try:
            wanted = json.loads(message.content)
        except ValueError:
            await chainlit.Message(content=f"들었어요: {message.content}").send()
            return
        card = chainlit.CustomElement(name=wanted["name"], props=wanted.get("props", {}), display="inline")
        await chainlit.Message(content=wanted.get("text", "카드예요."), elements=[card]).send()
