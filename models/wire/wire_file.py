"""A file that what servers send is read into: what a kill leaves of it is found there.

It is mapped into memory, so the system writes what it reads into pages of the file, and those
outlive the process. Nothing lies between the two that a kill could meet.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from mmap import ACCESS_WRITE, mmap
from pathlib import Path

from ...core.private_files import private_file

SIZE = 512 * 1024  # bytes for a reply; a longer one is not kept before it is read whole
NAMED = struct.Struct("<I")  # bytes that say whose reply it is; 0: nobody's
Owner = tuple[str, ...]


@dataclass(eq=False)
class Place:
    """Where one reply is read to.

    Attributes:
        memory: A piece of the file.
        begin: Where the reply begins in it, after its owner.
        end: Where it ends so far.
    """

    memory: mmap
    begin: int = 0
    end: int = 0

    def hold(self, owner: Owner) -> None:
        """Say whose reply is read here from now on."""
        name = json.dumps(owner).encode()
        self.begin = self.end = NAMED.size + len(name)
        self.memory[NAMED.size : self.begin] = name
        self.memory[: NAMED.size] = NAMED.pack(len(name))

    def begin_again(self) -> None:
        """Forget what was read: the request is sent once more, on another connection."""
        self.memory[self.begin : self.end] = bytes(self.end - self.begin)
        self.end = self.begin

    def free(self) -> None:
        """Forget all; the piece is then another reply's, and nothing more is read here."""
        if not self.begin:
            return
        self.memory[: NAMED.size] = bytes(NAMED.size)
        self.memory[NAMED.size : self.end] = bytes(self.end - NAMED.size)
        self.begin = self.end = 0

    def room(self) -> memoryview:
        """Return where the next bytes go; it is empty once the reply is too long."""
        return memoryview(self.memory)[self.end :] if self.begin else memoryview(b"")

    def add(self, part: bytes) -> None:
        """Add bytes that were read elsewhere; if there is no room, the reply is given up."""
        if self.begin and self.end + len(part) <= SIZE:
            self.memory[self.end : self.end + len(part)] = part
            self.end += len(part)
        else:
            self.free()


@dataclass
class WireFile:
    """The file of a folder. To be used by one thread.

    Attributes:
        path: The file.
        pieces: All of it, one for each reply under way.
        unused: Those that no reply is read to.
    """

    path: Path
    pieces: list[mmap] = field(default_factory=list)
    unused: list[mmap] = field(default_factory=list)

    @contextmanager
    def place(self, *owner: str) -> Iterator[Place | None]:
        """Give a place until a reply is kept elsewhere; `None` if there is no more room."""
        memory = self.unused.pop() if self.unused else self.one_more()
        if not memory:
            yield None
            return
        place = Place(memory)
        place.hold(owner)
        try:
            yield place
        finally:
            place.free()
            self.unused.append(memory)

    def one_more(self) -> mmap | None:
        """Make the file longer. Its pages are written now: later, a full disk would be fatal."""
        try:
            private_file(self.path)
            with self.path.open("r+b") as file:
                begin = len(self.pieces) * SIZE
                os.pwrite(file.fileno(), bytes(SIZE), begin)
                memory = mmap(file.fileno(), SIZE, access=ACCESS_WRITE, offset=begin)
        except (OSError, ValueError, AttributeError):  # a full disk; systems that cannot do that
            return None
        self.pieces.append(memory)
        return memory

    def left(self) -> Iterator[tuple[Owner, bytes]]:
        """Yield what an earlier process left: whose reply, and what was read of it."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            while piece := file.read(SIZE):
                with suppress(ValueError, struct.error):  # cut by a full disk, say
                    length = NAMED.unpack_from(piece)[0]
                    end = NAMED.size + length
                    if length:
                        yield tuple(json.loads(piece[NAMED.size : end])), piece[end:]

    def remove(self) -> None:
        """Remove the file."""
        for memory in self.pieces:
            with suppress(BufferError):  # a connection that is being closed still has it
                memory.close()
        self.pieces, self.unused = [], []
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


GivePlace = Callable[..., AbstractContextManager[Place | None]]


def no_place(*owner: str) -> AbstractContextManager[Place | None]:
    """Give no place to read a reply to."""
    return nullcontext()
