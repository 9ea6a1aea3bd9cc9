"""Decoding of plain values from untrusted bytes; nothing else in the package decodes them.

A value is one tag byte followed by the tag's data, little-endian throughout. Each value has exactly one encoding, so
two values are the same if and only if their bytes are (the worker detects changed arguments in this way)::

    N T F            None, True, False
    I n bytes        int: length (u16), two's complement, shortest + sign bit
    D 8 bytes        float
    S n utf-8        str: length (u32)          B n bytes    bytes
    t n values       tuple: count (u32)         l n values   list
    d n (n key value)...                        dict: count; keys as in S
    A type ndim dims data                       array: u8, u8, u64 each, C order
    G type data                                 numpy scalar

Each length is checked against the remaining bytes before anything of that size is allocated. Depth, number of values
and amount of text are bounded, and so is the size of an *empty* array with its empty axes counted as 1 (a sum over the
empty axis would have that size). Anything that deviates from this format raises `ProtocolError`.
"""

import math
import struct

import numpy as np

MAX_VALUE_BYTES = 32 * 2**20
MAX_DEPTH = 32
MAX_NODES = 100_000  # a list of numbers costs ~100 bytes each once decoded
MAX_TEXT_BYTES = 2**20  # a single wide character makes a str take four times the memory
MAX_INT_BYTES = 512  # so that str(value) stays below Python's 4300-digit limit
MAX_NDIM = 32  # numpy 1's own limit

U16, U32, F64 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<d")
CONSTANTS = {b"N": None, b"T": True, b"F": False}
DTYPES = tuple(map(np.dtype, ("?", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")))


class ProtocolError(ValueError):
    """The bytes are not a value, or not a message, of this protocol."""


def shape_problem(shape: tuple[int, ...], itemsize: int) -> str:
    """Return why an array of this shape cannot be sent, as the end of a phrase after "an array", or ""."""
    if len(shape) > MAX_NDIM:
        return f"with more than {MAX_NDIM} axes"
    if itemsize * math.prod(max(length, 1) for length in shape) > MAX_VALUE_BYTES:
        return f"of more than {MAX_VALUE_BYTES // 2**20} MiB (or an empty one that long)"
    return ""


def decode(data: bytes) -> object:
    """Return the value encoded in `data`, the inverse of `protocol.encode`.

    Parameters
    ----------
    data : bytes
        Untrusted.

    Returns
    -------
    object
        Made of exactly the types that `protocol.encode` accepts; arrays are new, writeable, C-contiguous and in native
        byte order.

    Raises
    ------
    ProtocolError
        If the bytes are anything but one complete encoded value.
    """
    if len(data) > MAX_VALUE_BYTES:
        raise ProtocolError("value too long")
    decoder = _Decoder(data)
    value = decoder.value(0)
    if decoder.position != len(data):
        raise ProtocolError("bytes after the value")
    return value


class _Decoder:
    def __init__(self, data):
        self.data = data
        self.position = self.nodes = self.text = 0

    def take(self, length):
        start, end = self.position, self.position + length
        if end > len(self.data):
            raise ProtocolError("value cut short")
        self.position = end
        return self.data[start:end]

    def unpack(self, layout):
        return layout.unpack(self.take(layout.size))[0]

    def value(self, depth):
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ProtocolError("too many values")
        tag = self.take(1)
        if tag in CONSTANTS:
            return CONSTANTS[tag]
        if tag == b"D":
            return self.unpack(F64)
        if tag == b"I":
            return self.integer()
        if tag == b"S":
            return self.string()
        if tag == b"B":
            return self.take(self.unpack(U32))
        if tag in (b"t", b"l", b"d"):
            if depth >= MAX_DEPTH:
                raise ProtocolError("nested too deep")
            return self.container(tag, depth + 1)
        if tag == b"A":
            return self.array()
        if tag == b"G":
            return self.numbers(self.dtype(), ())[()]
        raise ProtocolError("unknown tag")

    def integer(self):
        length = self.unpack(U16)
        if length > MAX_INT_BYTES:
            raise ProtocolError("int too long")
        value = int.from_bytes(self.take(length), "little", signed=True)
        if length != value.bit_length() // 8 + 1:
            raise ProtocolError("int not in its shortest form")
        return value

    def string(self):
        data = self.take(self.unpack(U32))
        self.text += len(data)
        if self.text > MAX_TEXT_BYTES:
            raise ProtocolError("too much text")
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            raise ProtocolError("text is not UTF-8") from None

    def container(self, tag, depth):
        # The count is untrusted, so nothing is allocated for it: items are appended as they are decoded.
        count = self.unpack(U32)
        if count > MAX_NODES:
            raise ProtocolError("too many values")
        if tag != b"d":
            items = [self.value(depth) for _ in range(count)]
            return tuple(items) if tag == b"t" else items
        result = {}
        for _ in range(count):
            key = self.string()
            if key in result:
                raise ProtocolError("key twice")
            result[key] = self.value(depth)
        return result

    def array(self):
        dtype, ndim = self.dtype(), self.take(1)[0]
        if ndim > MAX_NDIM:
            raise ProtocolError("too many axes")
        return self.numbers(dtype, struct.unpack(f"<{ndim}Q", self.take(8 * ndim)))

    def dtype(self):
        code = self.take(1)[0]
        if code >= len(DTYPES):
            raise ProtocolError("unknown dtype")
        return DTYPES[code]

    def numbers(self, dtype, shape):
        if shape_problem(shape, dtype.itemsize):
            raise ProtocolError("array too large")
        raw = np.frombuffer(self.take(math.prod(shape) * dtype.itemsize), dtype)
        # A bool byte of 2 counts as true but is not equal to True.
        if dtype.kind == "b" and np.any(raw.view(np.uint8) > 1):
            raise ProtocolError("bool neither 0 nor 1")
        return raw.reshape(shape).astype(dtype.newbyteorder("="), copy=True)
