"""Messages between the judge and a student's process, used on both sides."""

import json
import struct
import time

MAX_FRAME = 16_000_000  # bytes of one message


class Channel:
    """Messages over a socket: four bytes of length, then JSON."""

    def __init__(self, connection):
        self.connection = connection
        self.deadline = None  # by time.monotonic, for a whole message however slowly it drips in

    def send(self, message):
        data = json.dumps(message).encode()
        if len(data) > MAX_FRAME:
            raise OverflowError(f"a message of {len(data) / 1e6:.0f} MB")
        self._set_timeout()
        self.connection.sendall(struct.pack(">I", len(data)) + data)

    def receive(self):
        """The next message; `EOFError` when the other side is gone, `TimeoutError` after the deadline."""
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > MAX_FRAME:
            raise ValueError(f"a message of {length / 1e6:.0f} MB")
        return json.loads(self._exactly(length))

    def close(self):
        self.connection.close()

    def _exactly(self, count):
        parts = []
        while count:
            self._set_timeout()
            part = self.connection.recv(min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _set_timeout(self):
        if self.deadline is None:
            return
        left = self.deadline - time.monotonic()
        if left <= 0:  # also for one whose bytes come just often enough
            raise TimeoutError("the deadline has passed")
        self.connection.settimeout(left)
