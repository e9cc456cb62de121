"""A tour of the example `everything` by the official Python SDK, in both eras, over HTTP and over stdio."""

from __future__ import annotations

import base64
import json
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar
from unittest import IsolatedAsyncioTestCase

import anyio
import mcp_types as types
from mcp import MCPError
from mcp.shared.subscriptions import PromptsListChanged, ResourceUpdated, ToolsListChanged

from visitor import ARRIVAL_LIMIT_S, Era, Visitor, Wire, serving, visit

WATCHED = "test://watched-resource"


class Tour:
    """What every visitor does; the classes below say who."""

    era: ClassVar[Era]
    wire: ClassVar[Wire]
    url: ClassVar[str] = ""

    @classmethod
    def setUpClass(cls) -> None:
        if cls.wire == "http":
            cls.url = cls.enterClassContext(serving())

    def visit(self, **options: Any) -> AbstractAsyncContextManager[Visitor]:
        return visit(self.era, self.wire, self.url, **options)

    @property
    def sessionless(self) -> bool:
        return self.era == "sessionless"

    async def test_introduces_itself(self) -> None:
        async with self.visit() as visitor:
            client = visitor.client
            self.assertEqual(client.protocol_version, "2026-07-28" if self.sessionless else "2025-11-25")
            self.assertEqual(client.server_info.name, "Everything")
            self.assertIn("Nothing that its tools do lasts", client.instructions)
            self.assertTrue(client.server_capabilities.tools.list_changed)
            self.assertTrue(client.server_capabilities.resources.subscribe)
            if not self.sessionless:
                await client.send_ping()

    async def test_lists_its_tools(self) -> None:
        async with self.visit() as visitor:
            tools = {tool.name: tool for tool in (await visitor.client.list_tools()).tools}
            self.assertTrue(all(tool.description for tool in tools.values()))
            weather = tools["test_structured_content"]
            self.assertEqual(weather.input_schema["required"], ["city"])
            self.assertEqual(set(weather.output_schema["properties"]), {"temperature", "conditions"})
            contact = tools["json_schema_2020_12_tool"]
            self.assertEqual(contact.input_schema["$defs"]["address"]["$anchor"], "addressDef")

    async def test_answers_with_contents_of_every_kind(self) -> None:
        async with self.visit() as visitor:
            text = await visitor.text("test_simple_text")
            self.assertEqual(text, "This is a simple text response for testing.")
            (image,) = (await visitor.call("test_image_content")).content
            self.assertEqual((image.type, image.mime_type), ("image", "image/png"))
            self.assertEqual(base64.b64decode(image.data)[1:4], b"PNG")
            (audio,) = (await visitor.call("test_audio_content")).content
            self.assertEqual((audio.type, audio.mime_type), ("audio", "audio/wav"))
            self.assertEqual(base64.b64decode(audio.data)[:4], b"RIFF")
            (embedded,) = (await visitor.call("test_embedded_resource")).content
            self.assertEqual(str(embedded.resource.uri), "test://embedded-resource")
            self.assertEqual(embedded.resource.text, "This is an embedded resource content.")
            mixed = (await visitor.call("test_multiple_content_types")).content
            self.assertEqual([content.type for content in mixed], ["text", "image", "resource"])

    async def test_answers_with_a_structure_that_fits_its_schema(self) -> None:
        async with self.visit() as visitor:
            # The SDK checks the structure against the schema that it has from the list.
            await visitor.client.list_tools()
            result = await visitor.call("test_structured_content", {"city": "Basel"})
            self.assertEqual(result.structured_content, {"temperature": 22.5, "conditions": "Sunny in Basel"})

    async def test_repeats_an_argument_in_a_header(self) -> None:
        async with self.visit() as visitor:
            # Without the list the SDK does not know of the header; refused, it asks for the list and calls again.
            found = await visitor.text("test_x_mcp_header", {"region": "Zürich", "limit": 5})
            self.assertEqual(found, "Looked in Zürich, at most 5")

    async def test_tells_failures_of_a_tool_from_failures_of_a_request(self) -> None:
        async with self.visit() as visitor:
            refused = await visitor.call("test_error_handling")
            self.assertTrue(refused.is_error)
            self.assertEqual(refused.content[0].text, "This tool intentionally returns an error for testing")
            wrong = await visitor.call("greet", {"name": 7})
            self.assertTrue(wrong.is_error)
            self.assertIn("name", wrong.content[0].text)
            for code, request in [
                (-32602, visitor.client.call_tool("no_such_tool")),
                (-32602 if self.sessionless else -32002, visitor.client.read_resource("test://no-such-resource")),
                (-32602, visitor.client.get_prompt("no_such_prompt")),
            ]:
                with self.assertRaises(MCPError) as raised:
                    await request
                self.assertEqual(raised.exception.code, code)

    async def test_reports_progress(self) -> None:
        async with self.visit() as visitor:
            steps = []

            async def on_progress(progress: float, total: float | None, _message: str | None) -> None:
                steps.append((progress, total))

            await visitor.text("test_tool_with_progress", progress_callback=on_progress)
            self.assertEqual(steps, [(0, 100), (50, 100), (100, 100)])

    async def test_logs_to_whoever_asks_for_it(self) -> None:
        async with self.visit(log_level="info") as visitor:
            if not self.sessionless:
                await visitor.client.set_logging_level("info")
            await visitor.text("test_tool_with_logging")
            await visitor.text("test_logging_tool")
            await visitor.text("test_logging_tool")
            # The second message of the last tool is below the level.
            heard = await visitor.logged.at_least(5)
            self.assertEqual(
                heard,
                [
                    ("info", "Tool execution started"),
                    ("info", "Tool processing data"),
                    ("info", "Tool execution completed"),
                    ("info", "Somebody called"),
                    ("info", "Somebody called"),
                ],
            )

    async def test_has_resources(self) -> None:
        async with self.visit() as visitor:
            client = visitor.client
            uris = {str(resource.uri) for resource in (await client.list_resources()).resources}
            self.assertLessEqual({"test://static-text", "test://static-binary", WATCHED}, uris)
            (text,) = (await client.read_resource("test://static-text")).contents
            self.assertEqual(text.text, "This is the content of the static text resource.")
            (binary,) = (await client.read_resource("test://static-binary")).contents
            self.assertEqual(base64.b64decode(binary.blob)[1:4], b"PNG")
            templates = (await client.list_resource_templates()).resource_templates
            self.assertEqual([template.uri_template for template in templates], ["test://template/{id}/data"])
            (data,) = (await client.read_resource("test://template/a%20b/data")).contents
            self.assertEqual(json.loads(data.text)["id"], "a b")

    async def test_tells_of_a_resource_that_changed_to_those_who_watch_it(self) -> None:
        async with self.visit() as visitor:
            client = visitor.client
            if self.sessionless:
                async with client.listen(resource_subscriptions=[WATCHED]) as changes:
                    self.assertEqual(changes.honored.resource_subscriptions, [WATCHED])
                    await visitor.text("test_touch_watched_resource")
                    with anyio.fail_after(ARRIVAL_LIMIT_S):
                        self.assertEqual(await anext(changes), ResourceUpdated(WATCHED))
            else:
                await client.subscribe_resource(WATCHED)
                await visitor.text("test_touch_watched_resource")
                (message,) = await visitor.told.at_least(1)
                self.assertEqual(message.method, "notifications/resources/updated")
                self.assertEqual(str(message.params.uri), WATCHED)
                await client.unsubscribe_resource(WATCHED)

    async def test_tells_of_tools_and_prompts_that_come_and_go(self) -> None:
        async with self.visit() as visitor:
            client = visitor.client
            if self.sessionless:
                async with client.listen(tools_list_changed=True, prompts_list_changed=True) as changes:
                    for trigger, change in [
                        ("test_trigger_tool_change", ToolsListChanged()),
                        ("test_trigger_prompt_change", PromptsListChanged()),
                    ] * 2:
                        await visitor.text(trigger)
                        with anyio.fail_after(ARRIVAL_LIMIT_S):
                            self.assertEqual(await anext(changes), change)
            else:
                for count, trigger in enumerate(["test_trigger_tool_change", "test_trigger_prompt_change"] * 2, 1):
                    await visitor.text(trigger)
                    await visitor.told.at_least(count)
                methods = ["notifications/tools/list_changed", "notifications/prompts/list_changed"] * 2
                self.assertEqual([message.method for message in visitor.told.all], methods)

    async def test_has_prompts(self) -> None:
        async with self.visit() as visitor:
            client = visitor.client
            prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
            arguments = prompts["test_prompt_with_arguments"].arguments
            self.assertEqual([(one.name, one.required) for one in arguments], [("arg1", True), ("arg2", True)])
            filled = await client.get_prompt("test_prompt_with_arguments", {"arg1": "hello", "arg2": "world"})
            self.assertEqual(filled.messages[0].content.text, "Prompt with arguments: arg1='hello', arg2='world'")
            with self.assertRaises(MCPError) as raised:
                await client.get_prompt("test_prompt_with_arguments", {"arg1": "hello"})
            self.assertEqual(raised.exception.code, -32602)
            uri = "test://example-resource"
            embedding = await client.get_prompt("test_prompt_with_embedded_resource", {"resourceUri": uri})
            self.assertEqual(str(embedding.messages[0].content.resource.uri), uri)
            showing = await client.get_prompt("test_prompt_with_image")
            self.assertEqual(showing.messages[0].content.mime_type, "image/png")

    async def test_completes_arguments(self) -> None:
        async with self.visit() as visitor:
            prompt = types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
            for value, values in [("par", ["paris", "park", "party"]), ("park", ["park"])]:
                completed = await visitor.client.complete(prompt, {"name": "arg1", "value": value})
                self.assertEqual(completed.completion.values, values)

    async def test_asks_the_user(self) -> None:
        async with self.visit() as visitor:
            content = {"username": "ada", "email": "ada@example.com"}
            for action, given in [("accept", content), ("decline", None), ("cancel", None)]:
                visitor.answer = lambda _, action=action, given=given: types.ElicitResult(action=action, content=given)
                told = await visitor.text("test_elicitation", {"message": "Who are you?"})
                lead, _, rest = told.partition(", content=")
                self.assertEqual(lead, f"User response: action={action}")
                self.assertEqual(json.loads(rest) if rest else None, given)
            self.assertEqual([one.message for one in visitor.asked], ["Who are you?"] * 3)

    async def test_asks_with_defaults_and_with_choices(self) -> None:
        async with self.visit() as visitor:
            for tool, content in [
                (
                    "test_elicitation_sep1034_defaults",
                    {"name": "Jane Smith", "age": 25, "score": 88.5, "status": "inactive", "verified": False},
                ),
                (
                    "test_elicitation_sep1330_enums",
                    {
                        "untitledSingle": "option1",
                        "titledSingle": "value1",
                        "legacyEnum": "opt1",
                        "untitledMulti": ["option1", "option2"],
                        "titledMulti": ["value1", "value2"],
                    },
                ),
            ]:
                visitor.answer = lambda _, content=content: types.ElicitResult(action="accept", content=content)
                told = await visitor.text(tool)
                self.assertEqual(json.loads(told.partition("content=")[2]), content)
                self.assertEqual(set(visitor.asked[-1].requested_schema["properties"]), set(content))

    async def test_sends_the_user_to_a_page(self) -> None:
        async with self.visit() as visitor:
            visitor.answer = lambda _: types.ElicitResult(action="accept")
            self.assertEqual(await visitor.text("test_elicitation_url"), "On the way")
            self.assertEqual(visitor.asked[0].url, "https://example.com/look")

    async def test_asks_the_model_and_for_roots(self) -> None:
        async with self.visit() as visitor:
            told = await visitor.text("test_sampling", {"prompt": "Six by seven?"})
            self.assertEqual(told, "LLM response: Forty-two")
            self.assertEqual(visitor.sampled[0].max_tokens, 100)
            roots = await visitor.text("test_input_required_result_list_roots")
            self.assertEqual(roots, "Roots: file:///one, file:///two")

    async def test_asks_for_several_things_at_a_time_and_for_one_after_the_other(self) -> None:
        async with self.visit() as visitor:
            known = {"name": "Alice", "color": "blue", "ok": True, "context": "of a test"}
            visitor.answer = lambda params: types.ElicitResult(
                action="accept", content={name: known[name] for name in params.requested_schema["properties"]}
            )
            several = await visitor.text("test_input_required_result_multiple_inputs")
            self.assertEqual(several, "Alice: Forty-two (2 roots)")
            self.assertEqual(await visitor.text("test_input_required_result_multi_round"), "Alice likes blue")
            self.assertEqual(
                [params.message for params in visitor.asked[1:]],
                ["Step 1: What is your name?", "Step 2: What is your favorite color?"],
            )
            confirmed = await visitor.text("test_input_required_result_request_state")
            self.assertEqual(confirmed, "state-ok, confirmed: true")
            prompt = await visitor.client.get_prompt("test_input_required_result_prompt")
            self.assertEqual(prompt.messages[0].content.text, "Use this context: of a test")

    async def test_asks_nothing_of_a_client_that_cannot_answer(self) -> None:
        async with self.visit(able=False) as visitor:
            try:
                refused = (await visitor.call("test_missing_capability")).is_error
            except MCPError as error:
                self.assertEqual(error.code, -32021)
                refused = True
            self.assertTrue(refused)

    async def test_stops_a_call_that_is_cancelled(self) -> None:
        async with self.visit() as visitor:
            seen: list[str] = []

            async def first(_progress: float, _total: float | None, _message: str | None) -> None:
                seen.append("first")
                scope.cancel()

            async def second(_progress: float, _total: float | None, _message: str | None) -> None:
                seen.append("second")

            with anyio.CancelScope() as scope:
                await visitor.call("slow_compute", {"seconds": 60, "label": "never"}, progress_callback=first)
            self.assertTrue(scope.cancelled_caught)
            told = await visitor.text("slow_compute", {"seconds": 2, "label": "This"}, progress_callback=second)
            self.assertEqual(told, "This took 2 seconds")
            self.assertEqual(seen, ["first", "second", "second"])
            # Two more seconds of the same work: had the first call gone on, more of its progress would have come.
            progress = [message for message in visitor.told.all if message.method == "notifications/progress"]
            self.assertEqual(len(progress), 3)


class HandshakeOverHttp(Tour, IsolatedAsyncioTestCase):
    era = "handshake"
    wire = "http"


class HandshakeOverStdio(Tour, IsolatedAsyncioTestCase):
    era = "handshake"
    wire = "stdio"


class SessionlessOverHttp(Tour, IsolatedAsyncioTestCase):
    era = "sessionless"
    wire = "http"


class SessionlessOverStdio(Tour, IsolatedAsyncioTestCase):
    era = "sessionless"
    wire = "stdio"
