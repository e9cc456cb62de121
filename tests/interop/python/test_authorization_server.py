"""FastMCP's client, and the official SDK's login beneath it, at the example that is its own authorization server."""

from __future__ import annotations

import threading
import urllib.parse
import webbrowser
from html.parser import HTMLParser
from typing import ClassVar
from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

import httpx2
from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore

from visitor import serving


class Form(HTMLParser):
    """The one form of a page, as a person leaves it who changes nothing."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.buttons: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            kind = found.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in found:
                self.fields[found["name"]] = found.get("value", "")
        elif tag == "button":
            self.buttons.append(found["value"])


class Person:
    """Opens what the program opens in a browser, and decides on the page that is there."""

    def __init__(self, button: str) -> None:
        self.button = button
        self.pages: list[str] = []
        self.failed: list[Exception] = []
        self.threads: list[threading.Thread] = []

    def open(self, url: str) -> bool:
        # The program waits for its callback on the thread that called.
        thread = threading.Thread(target=self._visit, args=[url])
        self.threads.append(thread)
        thread.start()
        return True

    def leave(self) -> None:
        for thread in self.threads:
            thread.join()

    def _visit(self, url: str) -> None:
        try:
            with httpx2.Client(follow_redirects=True, trust_env=False) as browser:
                page = browser.get(url)
                page.raise_for_status()
                self.pages.append(page.text)
                form = Form(page.text)
                assert self.button in form.buttons, page.text
                answer = {**form.fields, "action": self.button}
                browser.post(urllib.parse.urljoin(str(page.url), form.action), data=answer)
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.failed.append(error)


class AuthorizationServer(IsolatedAsyncioTestCase):
    """Whoever comes without a token is sent to the sign-in page."""

    url: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.url = cls.enterClassContext(serving("oauth_server"))

    def person(self, button: str) -> Person:
        person = Person(button)
        self.enterContext(patch.object(webbrowser, "open", person.open))
        self.addCleanup(person.leave)
        return person

    async def test_logs_in_and_calls(self) -> None:
        person = self.person("approve")
        kept = MemoryStore()
        async with Client(self.url, auth=OAuth(client_name="FastMCP's client", token_storage=kept)) as client:
            caller = await client.call_tool("whoami")
            self.assertEqual(caller.structured_content["subject"], "ada")
            total = await client.call_tool("add", {"a": 2, "b": 40})
            self.assertEqual(total.data, 42)
        self.assertEqual(person.failed, [])
        (page,) = person.pages
        self.assertIn("FastMCP&#39;s client", page)

        # It comes back with what it kept.
        async with Client(self.url, auth=OAuth(client_name="FastMCP's client", token_storage=kept)) as client:
            await client.call_tool("whoami")
        self.assertEqual(len(person.pages), 1)

    async def test_asks_for_scopes_and_gets_them(self) -> None:
        person = self.person("approve")
        auth = OAuth(scopes=["notes:read", "notes:write"], token_storage=MemoryStore())
        async with Client(self.url, auth=auth) as client:
            caller = await client.call_tool("whoami")
            self.assertLessEqual({"notes:read"}, set(caller.structured_content["scopes"]))
        self.assertEqual(person.failed, [])

    async def test_hears_that_the_person_refused(self) -> None:
        self.person("deny")
        with self.assertRaisesRegex(Exception, "Access was denied"):
            async with Client(self.url, auth=OAuth(token_storage=MemoryStore())) as client:
                await client.call_tool("whoami")
