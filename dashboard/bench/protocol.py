"""A user without a browser: speaks Streamlit's own protocol over its websocket, and runs pages again and again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 120.0


@dataclass
class Client:
    """A session. `errors` has exceptions that pages show, scripts that do not compile, and lost connections."""

    url: str
    errors: list[str] = field(default_factory=list)
    reruns: int = 0

    def __enter__(self) -> Self:
        address = self.url.replace("http://", "ws://", 1) + "/_stcore/stream"
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(
            connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, page: str) -> None:
        """Ask for a page, and read until its script has run.

        Args:
            page: as in the address; empty: the first one.
        """
        message = BackMsg()
        message.rerun_script.page_name = page
        try:
            self._socket.send(message.SerializeToString())
            while not self._is_last(page, self._socket.recv(PATIENCE_SECONDS)):
                pass
        except (WebSocketException, TimeoutError, OSError) as error:
            self.errors.append(f"{page or 'first page'}: {type(error).__name__}: {error}")
        self.reruns += 1

    def _is_last(self, page: str, content: bytes | str) -> bool:
        message = ForwardMsg()
        message.ParseFromString(content if isinstance(content, bytes) else content.encode())
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.errors.append(f"{page or 'first page'}: {message.delta.new_element.exception.message}")
        if kind == "page_not_found":
            self.errors.append(f"{page}: not found")
        if kind != "script_finished":
            return False
        # A page that changes what is chosen runs again by itself, and a live part alone is not the page.
        if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append(f"{page or 'first page'}: the script does not compile")
        return message.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
        )  # fmt: skip
