"""Our client at servers of the official Python SDK and of FastMCP, over HTTP, in both eras, and over the old HTTP+SSE."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest import TestCase, addModuleCleanup

from visitor import free_address, program, wait_until_it_accepts

PNG = base64.b64encode(bytes.fromhex("89504e470d0a1a0a")).decode()
LIMIT_S = 60

Report = dict[str, Any]


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A step that calls a tool."""
    return {"do": "call", "name": name, "arguments": arguments}


@cache
def serving(script: str, transport: str) -> str:
    """Runs a server until the tests of this file are over, and gives its URL."""
    address = free_address()
    # What the SDK says about methods that the newest revision no longer has is for authors of servers.
    command = [sys.executable, "-W", "ignore", Path(__file__).with_name(script), str(address[1]), transport]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    addModuleCleanup(process.wait)
    addModuleCleanup(process.kill)
    wait_until_it_accepts(process, address)
    path = {"http": "/mcp", "sse": "/sse"}[transport]
    return f"http://{address[0]}:{address[1]}{path}"


class Peer:
    """What every server is asked; the classes below say which."""

    script: ClassVar[str]
    revision: ClassVar[str]
    transport: ClassVar[str] = "http"

    def visit(self, *steps: dict[str, Any]) -> list[Report]:
        """Takes steps at the server with the example `visit`."""
        # Without a revision, the client finds out by itself that there is the newest one.
        pinned = [] if self.revision == "2026-07-28" else ["--revision", self.revision]
        done = subprocess.run(
            [program("visit"), *pinned, serving(self.script, self.transport)],
            input=json.dumps(steps),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def said(self, report: Report) -> str:
        self.assertIn("result", report, report)
        return report["result"]["content"][0]["text"]

    def heard(self, report: Report, kind: str) -> list[Any]:
        return [one[kind] for one in report["heard"] if kind in one]

    def test_says_what_it_is_and_has(self) -> None:
        about, tools, resources, templates, prompts = self.visit(
            {"do": "discover"},
            {"do": "list", "what": "tools"},
            {"do": "list", "what": "resources"},
            {"do": "list", "what": "templates"},
            {"do": "list", "what": "prompts"},
        )
        self.assertEqual(about["result"]["revision"], self.revision)
        self.assertEqual(about["result"]["server"]["instructions"], "Ask nicely.")
        by_name = {tool["name"]: tool for tool in tools["result"]}
        self.assertEqual(by_name["add"]["inputSchema"]["required"], ["parts"])
        self.assertEqual(set(by_name["add"]["outputSchema"]["properties"]), {"total", "parts"})
        self.assertIn("peer://motto", [resource["uri"] for resource in resources["result"]])
        self.assertEqual([one["uriTemplate"] for one in templates["result"]], ["peer://squares/{number}"])
        self.assertEqual(prompts["result"][0]["arguments"][0]["name"], "topic")

    def test_answers_calls(self) -> None:
        added, picture, failed, wrong, unknown = self.visit(
            call("add", parts=[1, 2, 3]), call("picture"), call("fail"), call("add", parts="x"), call("no_such_tool")
        )
        self.assertEqual(added["result"]["structuredContent"], {"total": 6, "parts": [1, 2, 3]})
        (image,) = picture["result"]["content"]
        self.assertEqual((image["type"], image["mimeType"], image["data"]), ("image", "image/png", PNG))
        self.assertTrue(failed["result"]["isError"])
        self.assertIn("fail", self.said(failed))
        self.assertTrue(wrong["result"]["isError"])
        # Some servers take it for a failure of the tool, others for one of the request.
        self.assertIn("no_such_tool", unknown.get("error") or self.said(unknown))

    def test_serves_resources_and_prompts(self) -> None:
        motto, square, missing, essay = self.visit(
            {"do": "read", "uri": "peer://motto"},
            {"do": "read", "uri": "peer://squares/12"},
            {"do": "read", "uri": "peer://nothing"},
            {"do": "prompt", "name": "essay", "arguments": {"topic": "bees"}},
        )
        self.assertEqual(motto["result"]["contents"][0]["text"], "festina lente")
        self.assertEqual(square["result"]["contents"][0]["text"], "144")
        self.assertIn("resources/read failed: ", missing["error"])
        self.assertEqual(essay["result"]["messages"][0]["content"]["text"], "Write about bees.")

    def test_reports_progress_and_logs(self) -> None:
        (walked,) = self.visit(call("walk", steps=3))
        self.assertEqual(self.said(walked), "there")
        progress = [(one["progress"], one["total"], one["message"]) for one in self.heard(walked, "progress")]
        self.assertEqual(progress, [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")])
        (log,) = self.heard(walked, "log")
        self.assertEqual(log["level"], "info")


class Sdk(Peer):
    """What only the SDK's server has."""

    script = "peer_sdk.py"

    def test_asks_the_user_the_model_and_for_roots(self) -> None:
        greeted, thought, looked = self.visit(call("greet"), call("think"), call("look"))
        self.assertEqual(self.said(greeted), "Hello, Ada (1)")
        (asked,) = self.heard(greeted, "elicitation")
        self.assertEqual(asked["message"], "Who are you?")
        self.assertEqual(self.said(thought), "Forty-two")
        (sampled,) = self.heard(thought, "sampling")
        self.assertEqual(sampled["maxTokens"], 10)
        self.assertEqual(self.said(looked), "file:///home/ada/notes")

    def test_completes_arguments(self) -> None:
        step = {"do": "complete", "reference": {"prompt": "essay"}, "argument": "topic", "typed": "b"}
        (completed,) = self.visit(step)
        self.assertEqual(completed["result"]["completion"]["values"], ["bees", "birds"])


class FastMcp(Peer):
    """What only FastMCP's server has."""

    script = "peer_fastmcp.py"

    def test_wraps_a_value_that_is_no_object(self) -> None:
        (answered,) = self.visit(call("answer"))
        self.assertEqual(answered["result"]["structuredContent"], {"result": 42})


class SdkOf20250618(Sdk, TestCase):
    revision = "2025-06-18"


class SdkOf20251125(Sdk, TestCase):
    revision = "2025-11-25"


class SdkOf20260728(Sdk, TestCase):
    revision = "2026-07-28"

    def test_tells_what_changes(self) -> None:
        updated, listed = self.visit(
            {"do": "watch", "wish": {"resourceSubscriptions": ["peer://motto"]}, "name": "change"},
            {"do": "watch", "wish": {"toolsListChanged": True}, "name": "change"},
        )
        self.assertEqual(updated["result"]["change"], "peer://motto")
        self.assertEqual(listed["result"]["change"], "ToolList")


class FastMcpOf20251125(FastMcp, TestCase):
    revision = "2025-11-25"

    def test_asks_the_user(self) -> None:
        (greeted,) = self.visit(call("greet"))
        self.assertEqual(self.said(greeted), "accept: Ada (42)")


class FastMcpOf20260728(FastMcp, TestCase):
    revision = "2026-07-28"


class FastMcpOverSse(FastMcp, TestCase):
    revision = "2025-11-25"
    transport = "sse"
