"""A client of the official Python SDK that visits the example `everything`, in either era, over HTTP or over stdio."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx2
import mcp_types as types
from mcp import Client, MCPDeprecationWarning, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

Era = Literal["handshake", "sessionless"]
Wire = Literal["http", "stdio"]

ARRIVAL_LIMIT_S = 30
START_LIMIT_S = 30

# The SDK warns of everything that the newest revision has no longer; the handshake era has it.
warnings.simplefilter("ignore", MCPDeprecationWarning)


def program(name: str = "everything") -> str:
    """The path of an example."""
    folder = os.environ.get("THYRA_EXAMPLES")
    if not folder:
        raise RuntimeError(
            "THYRA_EXAMPLES is not set: it names the folder of the built examples. "
            'Run these tests with "cargo xtask interop".'
        )
    return str(Path(folder) / name)


@contextmanager
def serving(name: str = "everything", *arguments: str) -> Iterator[str]:
    """Runs an example on a free port, and gives its URL."""
    address = free_address()
    host, port = address
    # What it prints goes where the report of the tests goes.
    process = subprocess.Popen([program(name), "--http", f"{host}:{port}", *arguments], stdin=subprocess.DEVNULL)
    try:
        wait_until_it_accepts(process, address)
        yield f"http://{host}:{port}/mcp"
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_address() -> tuple[str, int]:
    """An address of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()


def wait_until_it_accepts(process: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
    """Waits until a program accepts connections."""
    started = time.monotonic()
    while time.monotonic() - started < START_LIMIT_S:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it was ready")
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server accepted no connection at {address} within {START_LIMIT_S} s")


class Heard:
    """Things that arrived, and waiting for more."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._more = anyio.Event()

    def add(self, thing: Any) -> None:
        self.all.append(thing)
        self._more.set()
        self._more = anyio.Event()

    async def at_least(self, count: int) -> list[Any]:
        """Waits until so many have arrived, and gives all that have."""
        with anyio.fail_after(ARRIVAL_LIMIT_S):
            while len(self.all) < count:
                await self._more.wait()
        return self.all


@dataclass
class Visitor:
    """A connected client, what it was asked, and what it was told."""

    era: Era
    client: Client = field(init=False)
    answer: Callable[[types.ElicitRequestParams], types.ElicitResult] = field(init=False)
    asked: list[types.ElicitRequestParams] = field(default_factory=list)
    sampled: list[types.CreateMessageRequestParams] = field(default_factory=list)
    logged: Heard = field(default_factory=Heard)
    told: Heard = field(default_factory=Heard)

    async def call(self, name: str, arguments: dict[str, Any] | None = None, **more: Any) -> types.CallToolResult:
        """Calls a tool."""
        return await self.client.call_tool(name, arguments or {}, **more)

    async def text(self, name: str, arguments: dict[str, Any] | None = None, **more: Any) -> str:
        """Calls a tool that answers with one text."""
        result = await self.call(name, arguments, **more)
        if result.is_error:
            raise AssertionError(f"{name} failed: {result.content}")
        (content,) = result.content
        assert isinstance(content, types.TextContent)
        return content.text

    async def on_elicitation(self, _context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
        self.asked.append(params)
        return self.answer(params)

    async def on_sampling(self, _context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        self.sampled.append(params)
        text = types.TextContent(type="text", text="Forty-two")
        return types.CreateMessageResult(role="assistant", content=text, model="test-model", stop_reason="endTurn")

    async def on_roots(self, _context: Any) -> types.ListRootsResult:
        roots = [types.Root(uri="file:///one", name="One"), types.Root(uri="file:///two")]
        return types.ListRootsResult(roots=roots)

    async def on_log(self, params: types.LoggingMessageNotificationParams) -> None:
        self.logged.add((params.level, params.data))

    async def on_message(self, message: Any) -> None:
        if isinstance(message, Exception):
            raise message
        self.told.add(message)


@asynccontextmanager
async def visit(
    era: Era,
    wire: Wire,
    url: str,
    *,
    log_level: types.LoggingLevel | None = None,
    able: bool = True,
) -> AsyncIterator[Visitor]:
    """Connects a client: one that is able to answer everything that a server may ask, or nothing."""
    visitor = Visitor(era)
    listening = anyio.Event()

    async def note(response: httpx2.Response) -> None:
        if response.request.method == "GET" and response.is_success:
            listening.set()

    async with httpx2.AsyncClient(timeout=httpx2.Timeout(30, read=300), event_hooks={"response": [note]}) as http:
        server = (
            streamable_http_client(url, http_client=http) if wire == "http" else StdioServerParameters(command=program())
        )
        callbacks = (
            {
                "elicitation_callback": visitor.on_elicitation,
                "sampling_callback": visitor.on_sampling,
                "list_roots_callback": visitor.on_roots,
            }
            if able
            else {}
        )
        visitor.client = Client(
            server,
            mode="legacy" if era == "handshake" else "auto",
            logging_callback=visitor.on_log,
            message_handler=visitor.on_message,
            log_level=log_level,
            read_timeout_seconds=60,
            **callbacks,
        )
        async with visitor.client:
            if era == "handshake" and wire == "http":
                # The client opens a stream of its own accord; what the server tells before that, nobody hears.
                with anyio.fail_after(ARRIVAL_LIMIT_S):
                    await listening.wait()
            yield visitor
