"""Values survive the protocol exactly, and hostile bytes do nothing but fail."""

import contextlib
import os
import struct
import tracemalloc

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fls_teach.sandbox import protocol
from fls_teach.sandbox.protocol import MAX_DEPTH, NotPlain, ProtocolError, decode, encode

few = settings(deadline=None, derandomize=True, max_examples=200)
many = settings(few, max_examples=1000)

DTYPES = [np.dtype(n) for n in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")]
dtypes = st.sampled_from(DTYPES)
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)))
scalars = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, ())).map(lambda array: array[()])
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**4000), 2**4000),
    st.integers(-300, 300),
    st.floats(),
    words,
    st.binary(max_size=20),
    arrays,
    scalars,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(words, inner, max_size=4),
    ),
    max_leaves=12,
)


def same(a, b):
    """Whether two values are the same, in type and to the last bit."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (np.ndarray, np.generic)):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    return a == b


@given(values)
@example([True, 1, 1.0, np.float32(1), np.float64(1), np.array(1.0), np.array([1.0])])
@example((np.zeros((0, 3)), np.zeros((3, 0)), -0.0, float("nan"), -float("inf")))
@few
def test_a_value_comes_back_exactly(value):
    """Catches lost types (tuple for list, scalar for 0-d array), NaN and -0.0 changed."""
    assert same(decode(encode(value)), value)


@given(arrays.filter(lambda a: a.ndim >= 1))
@few
def test_memory_layout_does_not_matter(array):
    """Catches strides or byte order crossing as if they were content."""
    data = encode(array)
    assert encode(np.asfortranarray(array)) == data
    assert encode(array[::-1][::-1]) == data
    assert encode(array.astype(array.dtype.newbyteorder(">"))) == data


def test_a_decoded_array_is_fresh_and_writeable():
    result = decode(encode(np.arange(3.0)))
    result[0] = 7
    assert result.flags.c_contiguous and result.dtype.isnative


class Sneaky(np.ndarray):
    pass


class Trap:
    """Raises as soon as anything of it is used."""

    def _sprung(self, *args, **kwargs):
        raise AssertionError("a method of the subclass ran")

    __float__ = __int__ = __index__ = __str__ = __repr__ = __format__ = __bytes__ = __len__ = __iter__ = _sprung
    __getitem__ = __contains__ = __eq__ = __ne__ = __lt__ = __bool__ = __array__ = __getattribute__ = _sprung
    __class__ = property(_sprung)
    keys = values = items = copy = item = tobytes = dtype = encode = bit_length = to_bytes = property(_sprung)
    __hash__ = _sprung


def trapped(base):
    return type(f"Trapped{base.__name__}", (Trap, base), {})


class Unlike(str):
    """A text that differs from its equals."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return False


def cyclic():
    value = []
    value.append(value)
    return value


def bomb():
    value = 1.0
    for _ in range(30):
        value = [value, value]
    return value


REJECTED = {
    "complex array": (np.ones(2, complex), "complex array"),
    "complex": (1j, "complex number"),
    "complex64 scalar": (np.complex64(1), "complex number"),
    "object array": (np.array([1, "a"], object), "dtype object"),
    "text array": (np.array(["a"]), "dtype <U1"),
    "matrix": (np.ones((1, 1)).view(np.matrix), "np.asarray"),
    "masked": (np.ma.masked_array([1.0], [True]), "np.asarray"),
    "array subclass": (np.ones(2).view(Sneaky), "np.asarray"),
    "scalar subclass": (np.int32.__new__(trapped(np.int32), 1), "a plain number"),
    "record": (np.zeros(2, "i4,f8"), "dtype"),
    "date": (np.datetime64("2026-01-01"), "dtype datetime64"),
    "generator": ((i for i in range(3)), "a generator"),
    "function": (len, "meant to be called"),
    "type": (float, "meant to be called"),
    "set": ({1.0}, "a set"),
    "int keys": ({1: 2}, "key of type int"),
    "two keys of one text": ({"a": 1, Unlike("a"): 2}, "same text"),
    "cycle": (cyclic(), "inside itself"),
    "doubling": (bomb(), "separate values"),
    "long list": ([0.0] * 200_000, "use a numpy array"),
    "huge int": (1 << 5000, "bits"),
    "huge array": (np.broadcast_to(np.float64(1), (2**40,)), "MiB"),
    "huge empty array": (np.empty((0, 2**40)), "MiB"),
    "huge text": ("x" * 2**21, "MiB of text"),
    "surrogate": ("\ud800", "valid Unicode"),
    "many bytes": ([bytes(2**24)] * 3, "MiB of data"),
}


@pytest.mark.parametrize("value, words", REJECTED.values(), ids=REJECTED)
def test_what_is_not_plain_is_refused_with_its_reason(value, words):
    with pytest.raises(NotPlain, match=words):
        encode(value)


def test_a_tensor_is_refused_in_friendly_words():
    torch = pytest.importorskip("torch")
    with pytest.raises(NotPlain, match="return a numpy array or a number"):
        encode({"psi": torch.ones(2)})


def test_a_refusal_names_the_place():
    with pytest.raises(NotPlain, match=r"\(in its item 'curve'\)"):
        encode({"risk": 1.0, "curve": [1.0, (2.0, 1j)]})


@pytest.mark.parametrize(
    "plain",
    [0.25, -0.0, 7, -(2**70), "a", b"b", (1, (2.0, "c")), [1, [2]], {"k": 1.0}, np.float64(0.5)],
    ids=repr,
)
def test_an_instance_of_a_subclass_is_its_plain_value_and_nothing_of_it_runs(plain):
    """A NamedTuple or a float subclass used to cost every point, and stands in no lesson."""
    base = type(plain)
    odd = base.__new__(trapped(base), plain)
    if base in (list, dict):
        base.__init__(odd, plain)
    wanted = plain.item() if isinstance(plain, np.generic) else plain
    for value, expected in ((odd, wanted), ([odd], [wanted]), ({"x": (odd,)}, {"x": (wanted,)})):
        assert encode(value) == encode(expected) and same(decode(encode(value)), expected)


def test_keys_may_be_of_a_subclass_of_str():
    key = str.__new__(trapped(str), "psi")
    items = dict.__new__(dict)
    Trap.__hash__ = lambda self: 0  # while the dict is made
    items[key] = 1.0
    Trap.__hash__ = Trap._sprung
    assert decode(encode(items)) == {"psi": 1.0}


def test_numpy_strings_become_plain_strings():
    result = decode(encode({np.str_("a"): np.str_("b")}))
    assert same(result, {"a": "b"})


@given(st.binary(max_size=300))
@many
def test_arbitrary_bytes_fail_cleanly(data):
    """Catches any exception but ProtocolError, and a second encoding of a value."""
    try:
        value = decode(data)
    except ProtocolError:
        return
    assert encode(value) == data


@given(values, st.randoms(use_true_random=False))
@settings(few, max_examples=100)
def test_mutated_bytes_fail_cleanly(value, chance):
    """The same from nearby: one byte changed, removed or put in, or a cut; each in several places of each value."""
    good = encode(value)
    for _ in range(4):
        place, byte = chance.randrange(len(good)), bytes([chance.randrange(256)])
        before, after = good[:place], good[place + 1 :]
        for bad in (before + byte + after, before + after, before + byte + good[place:], before, good + b"N"):
            try:
                result = decode(bad)
            except ProtocolError:
                continue
            assert encode(result) == bad


u16, u32, u64 = (struct.Struct(f"<{c}").pack for c in "HIQ")
HOSTILE = {
    "nothing": b"",
    "text of 4 GB": b"S" + u32(2**32 - 1),
    "bytes of 4 GB": b"B" + u32(2**32 - 1),
    "list of 4 G": b"l" + u32(2**32 - 1),
    "array of 2**63": b"A\x0b\x01" + u64(2**63),
    "array whose size wraps to 0": b"A\x0b\x02" + u64(2**32) + u64(2**32),
    "empty array to broadcast": b"A\x0b\x02" + u64(0) + u64(2**40),
    "255 axes": b"A\x0b\xff" + u64(1) * 255 + bytes(8),
    "33 axes": b"A\x0b\x21" + u64(1) * 33 + bytes(8),
    "object dtype": b"A\x0c\x01" + u64(1) + bytes(8),
    "bool of 2": b"A\x00\x01" + u64(1) + b"\x02",
    "scalar bool of 2": b"G\x00\x02",
    "long int": b"I" + u16(513) + bytes(512) + b"\x01",
    "padded int": b"I" + u16(2) + b"\x01\x00",
    "key twice": b"d" + u32(2) + (u32(1) + b"aN") * 2,
    "key not text": b"d" + u32(1) + u32(1) + b"\xffN",
    "surrogate": b"S" + u32(3) + b"\xed\xa0\x80",
    "too deep": (b"l" + u32(1)) * (MAX_DEPTH + 1) + b"N",
    "very deep": (b"l" + u32(1)) * 100_000 + b"N",
    "too many": b"l" + u32(99_999) + b"l" + u32(99_999) + b"N" * 200_000,
    "too long": b"B" + u32(2**25) + bytes(2**25),
    "much text": b"l" + u32(2) + (b"S" + u32(2**20) + b"x" * 2**20) * 2,
    "pickle": b"\x80\x04K\x01.",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused_without_taking_memory(data):
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20 + len(data)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_both_sides_agree_on_the_depth(depth):
    value = 1.0
    for _ in range(depth):
        value = [value]
    if depth <= MAX_DEPTH:
        assert same(decode(encode(value)), value)
    else:
        with pytest.raises(NotPlain, match="deep"):
            encode(value)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for fd in ends:
        with contextlib.suppress(OSError):
            os.close(fd)


def test_a_message_crosses_whole(pipe):
    reader, writer = pipe
    token = bytes(range(16))
    protocol.write_message(writer, token, ("call", "f", 1.0), encode(np.arange(3)))
    protocol.write_message(writer, token, None, b"")
    assert protocol.read_message(reader) == (token, ("call", "f", 1.0), encode(np.arange(3)))
    assert protocol.read_message(reader) == (token, None, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"XXXX" + bytes(24),
        b"FLS1" + u32(2**16 + 1) + u32(0) + bytes(16),
        b"FLS1" + u32(1) + u32(2**25 + 1) + bytes(16) + b"N",
        b"FLS1" + u32(2) + u32(0) + bytes(16) + b"NN",
    ],
    ids=["magic", "long head", "long body", "head of two values"],
)
def test_what_is_not_a_message_is_refused(pipe, data):
    reader, writer = pipe
    os.write(writer, data)
    with pytest.raises(ProtocolError):
        protocol.read_message(reader)


def test_a_message_cut_short_is_the_end_of_the_channel(pipe):
    reader, writer = pipe
    os.write(writer, b"FLS1" + u32(5) + u32(0) + bytes(16) + b"N")
    os.close(writer)
    with pytest.raises(EOFError):
        protocol.read_message(reader)
