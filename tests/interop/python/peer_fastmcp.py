"""A server of FastMCP, as its users write one: `python peer_fastmcp.py PORT http|sse`."""

import sys
from dataclasses import dataclass

from fastmcp import Context, FastMCP
from fastmcp.utilities.types import Image

PNG = bytes.fromhex("89504e470d0a1a0a")

server: FastMCP = FastMCP("peer", instructions="Ask nicely.", version="1.2.3")


@dataclass
class Sum:
    """A sum."""

    total: int
    parts: list[int]


@dataclass
class Name:
    """Who somebody is."""

    name: str
    age: int


@server.tool
def add(parts: list[int]) -> Sum:
    """Adds numbers."""
    return Sum(total=sum(parts), parts=parts)


@server.tool
def answer() -> int:
    """Returns a number, which FastMCP wraps."""
    return 42


@server.tool
def picture() -> Image:
    """Returns a picture."""
    return Image(data=PNG, format="png")


@server.tool
def fail() -> str:
    """Always fails."""
    raise ValueError("this tool fails on purpose")


@server.tool
async def walk(ctx: Context, steps: int) -> str:
    """Reports progress, and logs."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, f"step {step + 1}")
    await ctx.info("walked")
    return "there"


@server.tool
async def greet(ctx: Context) -> str:
    """Greets whoever answers, in the handshake era."""
    result = await ctx.elicit("Who are you?", response_type=Name)
    return f"{result.action}: {result.data.name} ({result.data.age})"


@server.resource("peer://motto", mime_type="text/plain")
def motto() -> str:
    """The motto."""
    return "festina lente"


@server.resource("peer://squares/{number}")
def square(number: int) -> str:
    """A square."""
    return str(number * number)


@server.prompt
def essay(topic: str) -> str:
    """An essay."""
    return f"Write about {topic}."


if __name__ == "__main__":
    server.run(transport=sys.argv[2], port=int(sys.argv[1]), show_banner=False, log_level="CRITICAL")
