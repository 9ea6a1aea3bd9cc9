"""What a worker prints is kept whole up to a limit, and no further."""

import os
import threading
import time
import tracemalloc

import pytest

from fls_teach.sandbox.printed import MAX_PRINTED_BYTES, Printed

TOKENS = [bytes([65 + i]) * 16 for i in range(3)]


@pytest.fixture
def output():
    reader, writer = os.pipe()
    output = Printed(reader)
    thread = threading.Thread(target=output.drain)
    thread.start()
    output.write = lambda data: os.write(writer, data)
    yield output
    os.close(writer)
    thread.join()
    os.close(reader)


def test_take_waits_for_the_end_of_the_call(output):
    """Catches output that is credited to the call after."""
    output.expect(TOKENS[0])

    def slowly():
        for piece in (b"one ", b"two", TOKENS[0][:5], TOKENS[0][5:]):
            time.sleep(0.03)
            output.write(piece)

    threading.Thread(target=slowly).start()
    assert output.take() == "one two"


def test_take_does_not_wait_for_ever(output):
    output.expect(TOKENS[0])
    output.write(b"half")
    assert output.take() == "half"
    output.write(b" late" + TOKENS[0])
    output.expect(TOKENS[1])
    output.write(b" next" + TOKENS[1])
    assert output.take() == " late next"


@pytest.mark.parametrize("extra", [-17, -16, -15, -1, 0, 1, 15, 16, 17, 1000])
def test_no_token_is_ever_shown(output, extra):
    """Catches a token cut in two by the limit, and one left over from loading."""
    for token in TOKENS[:2]:
        output.expect(token)
        output.write(token)
    output.expect(TOKENS[2])
    length = MAX_PRINTED_BYTES + extra
    output.write(b"x" * length + TOKENS[2])
    text = output.take()
    if extra <= 0:
        assert text == "x" * length
    else:
        note = f"\n... ({extra} more bytes not shown)"
        assert text == "x" * MAX_PRINTED_BYTES + note


def test_a_flood_is_not_kept(output):
    tracemalloc.start()
    output.expect(TOKENS[0])
    for _ in range(200):
        output.write(b"x" * 50_000)
    output.write(TOKENS[0])
    text = output.take()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(text) < MAX_PRINTED_BYTES + 100 and peak < 2**20
