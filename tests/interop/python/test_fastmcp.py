"""FastMCP's client at two examples: what its users do with a server, in both eras, over HTTP and over stdio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Literal
from unittest import IsolatedAsyncioTestCase

import mcp_types as types
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError

from visitor import Wire, program, serving

# How the client calls the eras: one has a handshake, in the other requests stand alone.
Mode = Literal["legacy", "2026-07-28"]


class Visits:
    """What every visitor does; the classes below say who."""

    mode: ClassVar[Mode]
    wire: ClassVar[Wire]
    url: ClassVar[str] = ""

    @classmethod
    def setUpClass(cls) -> None:
        if cls.wire == "http":
            cls.url = cls.enterClassContext(serving())

    def client(self, **options: Any) -> Client:
        transport = self.url or StdioTransport(command=program(), args=[], keep_alive=False)
        return Client(transport, mode=self.mode, **options)

    async def test_lists_and_reads(self) -> None:
        async with self.client() as client:
            tools = {tool.name for tool in await client.list_tools()}
            self.assertIn("test_structured_content", tools)
            resources = {str(resource.uri) for resource in await client.list_resources()}
            self.assertIn("test://static-text", resources)
            templates = [template.uri_template for template in await client.list_resource_templates()]
            self.assertEqual(templates, ["test://template/{id}/data"])
            self.assertIn("test_simple_prompt", {prompt.name for prompt in await client.list_prompts()})
            (contents,) = await client.read_resource("test://template/7/data")
            self.assertEqual(json.loads(contents.text)["data"], "Data for ID: 7")

    async def test_makes_a_value_of_structured_content(self) -> None:
        async with self.client() as client:
            result = await client.call_tool("test_structured_content", {"city": "Basel"})
            # The client makes a class of the output schema.
            self.assertEqual((result.data.temperature, result.data.conditions), (22.5, "Sunny in Basel"))

    async def test_raises_what_a_tool_says(self) -> None:
        async with self.client() as client:
            with self.assertRaisesRegex(ToolError, "intentionally returns an error"):
                await client.call_tool("test_error_handling")
            with self.assertRaisesRegex(ToolError, "`name`"):
                await client.call_tool("greet", {"name": 7})

    async def test_fills_in_and_completes_prompts(self) -> None:
        async with self.client() as client:
            arguments = {"arg1": "one", "arg2": "two"}
            prompt = await client.get_prompt("test_prompt_with_arguments", arguments)
            self.assertEqual(prompt.messages[0].content.text, "Prompt with arguments: arg1='one', arg2='two'")
            reference = types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
            completion = await client.complete(reference, {"name": "arg1", "value": "par"})
            self.assertEqual(completion.values, ["paris", "park", "party"])

    async def test_hears_of_progress_and_logs(self) -> None:
        steps: list[tuple[float, float | None]] = []
        logged: list[Any] = []

        async def on_progress(progress: float, total: float | None, _message: str | None) -> None:
            steps.append((progress, total))

        async def on_log(message: types.LoggingMessageNotificationParams) -> None:
            logged.append(message.data)

        async with self.client(log_handler=on_log) as client:
            await client.call_tool("test_tool_with_progress", progress_handler=on_progress)
            self.assertEqual(steps, [(0, 100), (50, 100), (100, 100)])
            level = {"io.modelcontextprotocol/logLevel": "info"} if self.mode != "legacy" else None
            await client.call_tool("test_tool_with_logging", meta=level)
            self.assertEqual(len(logged), 3, logged)

    async def test_answers_what_is_asked(self) -> None:
        asked: list[str] = []

        async def elicit(message: str, _type: Any, _params: Any, _context: Any) -> ElicitResult:
            asked.append(message)
            return ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.com"})

        async def sample(messages: list[Any], _params: Any, _context: Any) -> str:
            return f"I was asked: {messages[0].content.text}"

        options = {"elicitation_handler": elicit, "sampling_handler": sample, "roots": ["file:///one"]}
        async with self.client(**options) as client:
            told = await client.call_tool("test_elicitation", {"message": "Who are you?"})
            self.assertIn("ada@example.com", told.content[0].text)
            self.assertEqual(asked, ["Who are you?"])
            told = await client.call_tool("test_sampling", {"prompt": "Why?"})
            self.assertEqual(told.content[0].text, "LLM response: I was asked: Why?")
            told = await client.call_tool("test_input_required_result_list_roots")
            self.assertEqual(told.content[0].text, "Roots: file:///one")


class WithAHandshakeOverHttp(Visits, IsolatedAsyncioTestCase):
    mode, wire = "legacy", "http"


class WithAHandshakeOverStdio(Visits, IsolatedAsyncioTestCase):
    mode, wire = "legacy", "stdio"


class WithoutAHandshakeOverHttp(Visits, IsolatedAsyncioTestCase):
    mode, wire = "2026-07-28", "http"


class WithoutAHandshakeOverStdio(Visits, IsolatedAsyncioTestCase):
    mode, wire = "2026-07-28", "stdio"


class Quickstart(IsolatedAsyncioTestCase):
    async def test_a_number_is_a_number(self) -> None:
        # What is no object is wrapped on the wire, and the schema says so to this client.
        quickstart = str(Path(program()).with_name("quickstart"))
        for mode in ["legacy", "2026-07-28"]:
            async with Client(StdioTransport(command=quickstart, args=[], keep_alive=False), mode=mode) as client:
                self.assertEqual((await client.call_tool("add", {"a": 2, "b": 3})).data, 5)
