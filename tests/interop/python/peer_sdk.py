"""A server of the official Python SDK, with everything that a server can offer: `python peer_sdk.py PORT http`."""

import sys
from typing import Annotated, Any

import mcp_types as types
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.resolve import Elicit, ListRoots, Resolve, Sample
from pydantic import BaseModel, Field

PNG = bytes.fromhex("89504e470d0a1a0a")

server = MCPServer("peer", instructions="Ask nicely.", version="1.2.3", log_level="CRITICAL")


class Sum(BaseModel):
    """A sum."""

    total: int
    parts: list[int]


class Name(BaseModel):
    """Who somebody is."""

    name: str = Field(description="The whole name")
    age: int = Field(ge=1, le=150)


@server.tool()
def add(parts: list[int]) -> Sum:
    """Adds numbers."""
    return Sum(total=sum(parts), parts=parts)


@server.tool()
def picture() -> Image:
    """Returns a picture."""
    return Image(data=PNG, format="png")


@server.tool()
def fail() -> str:
    """Always fails."""
    raise ValueError("this tool fails on purpose")


@server.tool()
async def walk(ctx: Context, steps: int) -> str:
    """Reports progress, and logs."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, f"step {step + 1}")
    await ctx.info("walked")
    return "there"


@server.tool()
async def change(ctx: Context) -> str:
    """Says that things have changed, to those who subscribe to it in the newest revision."""
    await ctx.notify_resource_updated("peer://motto")
    await ctx.notify_tools_changed()
    return "changed"


def ask_name() -> Elicit[Name]:
    """Asks the user."""
    return Elicit("Who are you?", Name)


@server.tool()
def greet(name: Annotated[Name, Resolve(ask_name)]) -> str:
    """Greets whoever answers."""
    return f"Hello, {name.name} ({name.age})"


def ask_model() -> Sample:
    """Asks the client's model."""
    content = types.TextContent(type="text", text="What is it?")
    return Sample([types.SamplingMessage(role="user", content=content)], max_tokens=10)


@server.tool()
def think(thought: Annotated[types.CreateMessageResult, Resolve(ask_model)]) -> str:
    """Says what the client's model says."""
    assert isinstance(thought.content, types.TextContent)
    return thought.content.text


def ask_roots() -> ListRoots:
    """Asks for the client's roots."""
    return ListRoots()


@server.tool()
def look(roots: Annotated[types.ListRootsResult, Resolve(ask_roots)]) -> str:
    """Says what the client's roots are."""
    return " ".join(str(root.uri) for root in roots.roots)


@server.resource("peer://motto", mime_type="text/plain")
def motto() -> str:
    """The motto."""
    return "festina lente"


@server.resource("peer://picture", mime_type="image/png")
def stored() -> bytes:
    """A picture."""
    return PNG


@server.resource("peer://squares/{number}")
def square(number: int) -> str:
    """A square."""
    return str(number * number)


@server.prompt()
def essay(topic: str) -> str:
    """An essay."""
    return f"Write about {topic}."


@server.completion()
async def complete(ref: Any, argument: Any, _context: Any) -> types.Completion | None:
    """Completes topics."""
    topics = ["bees", "birds", "cats"]
    return types.Completion(values=[topic for topic in topics if topic.startswith(argument.value)])


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]))
