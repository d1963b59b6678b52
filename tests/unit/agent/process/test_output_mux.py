"""Output on its way: byte for byte with one slot, in whole lines with several."""

import fcntl
import os

import pytest
from ashad_agent.process.output_mux import OutputMux, Stream


@pytest.fixture
def pipe():
    read, write = os.pipe()
    os.set_blocking(read, False)
    yield read, write
    for end in (read, write):
        os.close(end)


def taken(read):
    try:
        return os.read(read, 1 << 20)
    except BlockingIOError:
        return b""


def test_with_one_slot_each_byte_goes_on_as_it_comes(pipe):
    stream = Stream(OutputMux(pipe[1]), b"", whole_lines=False)
    stream.write(b"half")
    assert taken(pipe[0]) == b"half"


def test_with_several_lines_are_not_torn(pipe):
    output = OutputMux(pipe[1])
    one, two = (Stream(output, prefix, whole_lines=True) for prefix in (b"0: ", b"1: "))
    one.write(b"a\nhalf")
    two.write(b"b\n")
    one.write(b" line\nrest")
    assert taken(pipe[0]) == b"0: a\n1: b\n0: half line\n"
    one.finish()
    assert taken(pipe[0]) == b"0: rest"


def test_a_line_without_end_is_passed_on_in_pieces_with_one_prefix(pipe):
    stream = Stream(OutputMux(pipe[1]), b"0: ", whole_lines=True)
    long = b"x" * ((1 << 16) + 1)
    fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, 1 << 20)
    stream.write(long)
    stream.write(b"y\nz\n")
    assert taken(pipe[0]) == b"0: " + long + b"y\n0: z\n"


def test_a_reader_that_is_gone_is_told_once_and_stops_nobody(caplog):
    read, write = os.pipe()
    os.close(read)
    stream = Stream(OutputMux(write), b"", whole_lines=False)
    for _ in range(3):
        stream.write(b"x\n")
    os.close(write)
    assert len([r for r in caplog.records if "no longer passed on" in r.message]) == 1
