"""How bad input is made out of good, and how each case is held to the rules that all doors share.

A case is the bytes that come from outside. It is taken, or refused with one of our own errors whose sentence can be
printed, is one line, is no longer than a person reads, and does not repeat more than a little of what came. Nothing
else may happen: no other exception, no more than `MOST_S` of processor time, no more than `MOST_MB` of memory.
"""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import EnerV2GizeError

MOST_S = 2.0
"""Processor time of one case; the clock of a wall would tell what else the machine does."""

MOST_MB = 1000
"""Resident memory of the whole process, the app's packages and data among it."""

MOST_CHARACTERS = 1200
"""Of a refusal: ten fields with what each may hold."""

TOKENS = (
    b"", b"0", b"-0", b"-1", b"1e999", b"-1e308", b"NaN", b"Infinity", b"null", b"true", b"9" * 400, b"0x1F", b"1_000",
    "\u0662\u0663".encode(), b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b'"\\ud800"', b"\xe2\x80\xae", b"\xef\xbb\xbf",
    b"[" * 200, b"{" * 200, b'{"a":' * 50, b"&a [*a]", b"!!python/object/apply:os.system [id]", b"*a", b"<<: *a",
    b"? ? ?", b"---\n", b"%", b"\t", b"\r\n", b"\n\n", b'"', b"'", b",", b":",
    b"=cmd|' /C calc'!A1", b"../../../../etc/passwd",
    b"<script>alert(1)</script>", b"![x](https://evil.example/a.png)", b"${jndi:ldap://x}", b"%00", b"2022-02-30",
    b"9999-12-31", b"0000-00-00", b"2022-01-17T00:00:00+99:99", "가나다".encode(), b"A" * 5000,
)  # fmt: skip
"""What has broken readers of files before, here or elsewhere."""


@dataclass(frozen=True)
class Door:
    """One way in.

    Parameters
    ----------
    corpus : sequence of bytes
        Good cases and bad ones, that mutations start from.
    read : callable
        Takes a case as the app does, all the way to the sentence on a page; raises our own errors to refuse, and
        `AssertionError` where what it took does not hold.
    cases : strategy
        What Hypothesis makes of it: cases with a structure that mutations of bytes rarely keep.
    share : int
        Of all cases, relative to other doors; slow ones get fewer.
    """

    corpus: Sequence[bytes]
    read: Callable[[bytes], None]
    cases: st.SearchStrategy[bytes]
    share: int = 1


@dataclass
class Told:
    """What became of cases."""

    cases: int = 0
    taken: int = 0
    refused: int = 0
    longest_s: float = 0.0
    faults: list[tuple[bytes, str]] = field(default_factory=list)

    def __add__(self, other: Told) -> Told:
        return Told(
            self.cases + other.cases, self.taken + other.taken, self.refused + other.refused,
            max(self.longest_s, other.longest_s), self.faults + other.faults,
        )  # fmt: skip


class TooLongError(BaseException):
    """A case used all its processor time; no handler of `Exception` may take it."""


@contextmanager
def limited() -> Iterator[None]:
    """Cases that run on are broken off, and memory that runs away is refused."""

    def stop(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    size = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * MOST_MB * 2**20, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGPROF, before)


def sentence_fault(text: str, sent: int) -> str:
    """What is wrong with a refusal's sentence; empty where nothing is."""
    if not text.strip():
        return "a refusal without words"
    if len(text) > MOST_CHARACTERS:
        return f"a refusal of {len(text)} characters for a case of {sent}"
    if not text.isprintable():
        return f"a refusal that cannot be printed: {text!r}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"a refusal that cannot be encoded: {text!r}"
    return ""


def held(door: Door, case: bytes, told: Told, most_s: float = MOST_S) -> None:
    """Let one case in, and note what became of it."""
    told.cases += 1
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, most_s)
    try:
        door.read(case)
        told.taken += 1
    except EnerV2GizeError as error:
        told.refused += 1
        fault = sentence_fault(str(error), len(case))
        if fault:
            told.faults.append((case, fault))
    except TooLongError:
        told.faults.append((case, f"more than {most_s} s"))
    except Exception as error:  # whatever it is, a visitor would have seen it
        told.faults.append((case, f"{type(error).__name__}: {str(error)[:300]}"))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    told.longest_s = max(told.longest_s, time.process_time() - started)


def mutate(rng: random.Random, corpus: Sequence[bytes]) -> bytes:
    """A case out of one or two of the corpus, changed in one to six places."""
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((0, 1, 1, 2, 4, 8, 30, 200)))
        match rng.randrange(7):
            case 0:
                data[at:end] = rng.choice(TOKENS)
            case 1:
                data[at:at] = rng.choice(TOKENS)
            case 2:
                del data[at:end]
            case 3:
                data[at:end] = rng.randbytes(end - at)
            case 4:
                data[at:at] = data[at:end] * rng.choice((1, 2, 20))
            case 5:
                other = rng.choice(corpus)
                cut = rng.randrange(len(other) + 1)
                data[at:end] = other[cut : cut + rng.choice((1, 10, 100, len(other)))]
            case 6:
                # A value for another: between two separators, which a byte alone rarely hits.
                marks = [i for i in range(len(data)) if data[i : i + 1] in (b":", b",", b"=", b"&", b"\n")]
                if len(marks) > 1:
                    k = rng.randrange(len(marks) - 1)
                    data[marks[k] + 1 : marks[k + 1]] = rng.choice(TOKENS)
    return bytes(data)


def mutated(door: Door, n: int, seed: int) -> Told:
    """`n` cases: the corpus as it is, or as much of it as half of them take, and mutations of it."""
    rng, told = random.Random(seed), Told()
    for case in door.corpus[: n // 2]:
        held(door, case, told)
    while told.cases < n:
        held(door, mutate(rng, door.corpus), told)
    return told


def hypothesis_cases(door: Door, n: int) -> Told:
    """`n` cases as Hypothesis makes them, the same each time."""
    told = Told()

    @settings(max_examples=n, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(door.cases)
    def all_of_them(case: bytes) -> None:
        held(door, case, told)

    if n:
        all_of_them()
    return told
