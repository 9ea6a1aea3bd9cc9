"""Encoding of plain values, and the messages that the two sides of a channel exchange.

`decoding` describes the format and decodes it. Imports are relative, because the worker finds these two files beside
itself, where the package `fls_teach` cannot be seen.
"""

import os
import struct
from typing import Any

import numpy as np

from . import decoding
from .decoding import DTYPES, MAX_DEPTH, MAX_VALUE_BYTES, U32, ProtocolError, decode, shape_problem

MAX_HEAD_BYTES = 2**16
TOKEN_BYTES = 16
MAGIC = b"FLS1"

_MESSAGE = struct.Struct(f"<4sII{TOKEN_BYTES}s")
_TAGS = {value: tag for tag, value in decoding.CONSTANTS.items()}
_DTYPE_CODES = {(dtype.kind, dtype.itemsize): code for code, dtype in enumerate(DTYPES)}
_NUMPY_SCALARS = frozenset(np.sctypeDict.values())


class NotPlain(ValueError):
    """The value is not plain; the text continues a sentence after "returned"."""


def encode(value: object) -> bytes:
    """Return the bytes of a plain value.

    Parameters
    ----------
    value : object
        None, bool, int, float, str, bytes, tuple, list, dict with str keys,
        or a numpy array or scalar of bool, integers or float16 to float64. An
        instance of a subclass of a built-in type (a NamedTuple, an IntEnum) is
        encoded as the built-in type; methods of the subclass are never called.

    Returns
    -------
    bytes
        At most `MAX_VALUE_BYTES`.

    Raises
    ------
    NotPlain
        For anything else; the text names the place inside the value.

    Examples
    --------
    >>> decode(encode({"risk": 0.25, "shape": (2, 3)}))
    {'risk': 0.25, 'shape': (2, 3)}
    >>> import collections
    >>> decode(encode(collections.namedtuple("Parts", "alignment fitting")(0.25, 0.5)))
    (0.25, 0.5)
    """
    return _Encoder().encode(value)


class _Encoder:
    def __init__(self):
        self.parts = []
        self.size = self.nodes = self.text = 0

    def encode(self, value):
        self.add(value, 0)
        return b"".join(self.parts)

    def put(self, *parts):
        self.parts.extend(parts)
        self.size += sum(map(len, parts))
        if self.size > MAX_VALUE_BYTES:
            raise NotPlain(f"more than {MAX_VALUE_BYTES // 2**20} MiB of data")

    def add(self, value, depth):
        self.nodes += 1
        if self.nodes > decoding.MAX_NODES:
            raise NotPlain(f"more than {decoding.MAX_NODES} separate values; use a numpy array for numbers")
        kind = type(value)  # not isinstance, which a value's __class__ can deceive
        if value is None or kind is bool:
            self.put(_TAGS[value])
        elif kind is float:
            self.put(b"D", decoding.F64.pack(value))
        elif kind is int:
            self.put(b"I", *_int_parts(value))
        elif kind is np.ndarray:
            self.add_array(value)
        elif kind is str:
            self.put(b"S", *self.text_parts(value))
        elif kind is bytes:
            self.put(b"B", U32.pack(len(value)), value)
        elif kind is tuple or kind is list or kind is dict:
            if depth >= MAX_DEPTH:
                raise NotPlain(f"a {kind.__name__} nested more than {MAX_DEPTH} deep (or inside itself)")
            self.add_container(value, kind, depth + 1)
        elif kind in _NUMPY_SCALARS and kind is not np.str_:
            code = _dtype_code(value.dtype, "number")
            self.put(b"G", bytes([code]), np.asarray(value, DTYPES[code]).tobytes())
        else:
            self.add(_as_base(value, kind), depth)

    def add_container(self, value, kind, depth):
        tag = b"d" if kind is dict else b"t" if kind is tuple else b"l"
        self.put(tag, U32.pack(len(value)))
        items = _with_texts(value).items() if kind is dict else enumerate(value)
        for key, item in items:
            if kind is dict:
                self.put(*self.text_parts(key))
            try:
                self.add(item, depth)
            except NotPlain as problem:
                # Only the outermost place: a path of up to 32 steps would not help.
                text = str(problem).partition(" (in its item ")[0]
                raise NotPlain(f"{text} (in its item {key!r:.40})") from None

    def text_parts(self, text):
        try:
            data = text.encode("utf-8")
        except UnicodeEncodeError:
            raise NotPlain("a str that is not valid Unicode (a lone surrogate)") from None
        self.text += len(data)
        if self.text > decoding.MAX_TEXT_BYTES:
            raise NotPlain(f"more than {decoding.MAX_TEXT_BYTES // 2**20} MiB of text")
        return U32.pack(len(data)), data

    def add_array(self, array):
        code = _dtype_code(array.dtype, "array")
        if problem := shape_problem(array.shape, array.dtype.itemsize):
            raise NotPlain(f"an array {problem}")
        head = struct.pack(f"<BB{array.ndim}Q", code, array.ndim, *array.shape)
        self.put(b"A", head, array.astype(DTYPES[code], copy=False).tobytes())


def _as_base(value, kind):
    """Return the value as an instance of the built-in type that its class derives from."""
    for base, exact in _EXACT.items():
        if issubclass(kind, base):
            return exact(value)
    raise NotPlain(_describe(value, kind))


def _with_texts(value):
    """Return the items of a dict with keys of exactly the type str."""
    result = {}
    for key, item in dict.items(value):
        if not issubclass(type(key), str):
            raise NotPlain(f"a dict with a key of type {_type_name(key)}; use str keys")
        result[str.__str__(key)] = item
    if len(result) < dict.__len__(value):
        raise NotPlain("a dict with two keys that are the same text")
    return result


# Copies made by the built-in type's own methods, so that no method of a subclass runs.
_EXACT = {
    float: float.__float__,
    int: int.__int__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    list: lambda value: list.__getitem__(value, slice(None)),
    dict: _with_texts,
}


def _int_parts(value):
    length = value.bit_length() // 8 + 1
    if length > decoding.MAX_INT_BYTES:
        raise NotPlain(f"an int of more than {8 * decoding.MAX_INT_BYTES - 1} bits")
    return decoding.U16.pack(length), value.to_bytes(length, "little", signed=True)


def _dtype_code(dtype, noun):
    code = _DTYPE_CODES.get((dtype.kind, dtype.itemsize))
    if code is None:
        if dtype.kind == "c":
            raise NotPlain(f"a complex {noun}; real numbers are expected")
        if dtype.kind == "O":
            raise NotPlain("an array of Python objects (dtype object); rows of different lengths make one")
        raise NotPlain(f"a numpy {noun} of dtype {dtype}; use float64, int64 or bool")
    return code


def _type_name(value):
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _describe(value, kind):
    name = _type_name(value)[:100]
    article = "an" if name[:1].lower() in tuple("aeiou") else "a"
    if name.partition(".")[0] in ("torch", "jax", "jaxlib", "tensorflow"):
        return f"{article} {name}; return a numpy array or a number (x.detach().numpy(), x.item())"
    if issubclass(kind, complex):
        return "a complex number; real numbers are expected"
    if issubclass(kind, np.ndarray):
        return f"{article} {name}; return a plain array (np.asarray(x))"
    if issubclass(kind, np.generic):  # not encoded: numpy asks a subclass for its dtype, and some answers crash it
        return f"{article} {name}; return a plain number"
    if callable(value):
        return f"{article} {name}; was it meant to be called?"
    return f"{article} {name}; return numbers, arrays, or tuples and dicts of them"


def write_message(fd: int, token: bytes, head: object, body: bytes) -> None:
    """Write one message: magic, lengths (u32, u32), token, head, body.

    Parameters
    ----------
    fd : int
    token : bytes
        `TOKEN_BYTES` random bytes; an answer repeats those of its question.
    head : object
        A small plain value: the question, or the fields of the answer.
    body : bytes
        An encoded value, or b"".
    """
    data = encode(head)
    view = memoryview(_MESSAGE.pack(MAGIC, len(data), len(body), token) + data + body)
    while view:
        view = view[os.write(fd, view) :]


def read_message(fd: int) -> tuple[bytes, Any, bytes]:
    """Return (token, head, body), with the body still encoded.

    Raises
    ------
    EOFError
        If the channel is closed.
    ProtocolError
        If the bytes are not a message.
    """
    magic, head_length, body_length, token = _MESSAGE.unpack(_read(fd, _MESSAGE.size))
    if magic != MAGIC or head_length > MAX_HEAD_BYTES or body_length > MAX_VALUE_BYTES:
        raise ProtocolError("not a message")
    return token, decode(_read(fd, head_length)), _read(fd, body_length)


def _read(fd, length):
    data = bytearray()
    while len(data) < length:
        chunk = os.read(fd, min(length - len(data), 2**20))
        if not chunk:
            raise EOFError("the channel was closed")
        data += chunk
    return bytes(data)
