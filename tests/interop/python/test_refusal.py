"""Python's own `urllib` at the example `protected` without a token: whatever it sends, it sees the refusal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar
from unittest import TestCase
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from visitor import serving

TIMES = 20
LATE_S = 0.02

# It reads nothing before it has written everything.
opener = build_opener(ProxyHandler({}))


class Refusal(TestCase):
    """A POST without a token."""

    url: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        # Nobody asks the issuer: there is no token to be verified.
        cls.url = cls.enterClassContext(serving("protected", "--issuer", "http://127.0.0.1:9/"))

    def refusal(self, body: bytes | Iterator[bytes], length: int) -> int:
        headers = {"content-type": "application/json", "content-length": str(length)}
        with self.assertRaises(HTTPError) as caught:
            opener.open(Request(self.url, data=body, headers=headers, method="POST"), timeout=60)
        with caught.exception as answer:
            self.assertNotEqual(answer.read(), b"")
            return answer.code

    def test_is_seen_whatever_the_length(self) -> None:
        for length in (0, 40, 200_000, 4_000_000):
            with self.subTest(length=length):
                codes = [self.refusal(b"a" * length, length) for _ in range(TIMES)]
                self.assertEqual(codes, [401] * TIMES)

    def test_is_seen_of_a_body_over_the_limit(self) -> None:
        length = 12_000_000
        codes = [self.refusal(b"a" * length, length) for _ in range(TIMES)]
        self.assertEqual(codes, [413] * TIMES)

    def test_is_seen_of_a_body_that_comes_late(self) -> None:
        def late() -> Iterator[bytes]:
            time.sleep(LATE_S)
            yield b"a" * 40

        codes = [self.refusal(late(), 40) for _ in range(TIMES)]
        self.assertEqual(codes, [401] * TIMES)
