"""Parse parameters: ``--set kappa=3 --set log2_alpha=-12,-4,0`` changes fields of a demo's Params.

`in_range`, `increasing`, `one_of` and `at_most` are for the ``__post_init__`` of a Params. The message of their
ValueErrors is one sentence.
"""

import dataclasses
import difflib
import itertools
import json
import math

MOST_VALUES = 200
"""Largest number of values of a grid."""


def replaced(params, settings):
    """Return `params` with the fields named in `settings` set to other values of the same type.

    Parameters
    ----------
    params : dataclass
    settings : iterable of str
        Strings ``FIELD=VALUE``; the values of a tuple are separated by commas.

    Returns
    -------
    dataclass

    Raises
    ------
    ValueError
        For a setting without ``=``, an unknown or repeated field, or a value of another type.

    Examples
    --------
    >>> Params = dataclasses.make_dataclass("Params", [("kappa", float, 2.5), ("log2_alpha", tuple, (-12, 0))])
    >>> replaced(Params(), ["kappa=3", "log2_alpha=-8,-2.5"])
    Params(kappa=3.0, log2_alpha=(-8, -2.5))
    """
    changes = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals:
            raise ValueError(f"'{setting}' sets nothing; wanted FIELD=VALUE")
        if name in changes:
            raise ValueError(f"'{name}' is set twice; once is enough")
        known = {field.name: getattr(params, field.name) for field in dataclasses.fields(params)}
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
            raise ValueError(f"there is no parameter '{name}': {hint}")
        changes[name] = _parsed(name, text.strip(), known[name])
    return dataclasses.replace(params, **changes)


def in_range(params, **ranges):
    """Refuse a number, or a tuple with a number, outside its range.

    Parameters
    ----------
    params : dataclass
    **ranges
        For each field the smallest and the largest allowed value.

    Raises
    ------
    ValueError
        If a value is out of range or a tuple is empty.

    Examples
    --------
    >>> Params = dataclasses.make_dataclass("Params", [("n_seeds", int, 1), ("log2_c", tuple, (-8, 0))])
    >>> in_range(Params(), n_seeds=(2, 1000), log2_c=(-20, 20))
    Traceback (most recent call last):
    ValueError: n_seeds is 1; wanted 2 to 1000
    """
    for name, (low, high) in ranges.items():
        value = getattr(params, name)
        several = isinstance(value, (tuple, list))
        for number in value if several else [value]:
            if not low <= number <= high:
                raise ValueError(f"{name} {'holds' if several else 'is'} {number}; wanted {low:g} to {high:g}")
        if several and not value:
            raise ValueError(f"{name} is empty; wanted one or more numbers, {low:g} to {high:g}")


def increasing(params, **fewest):
    """Refuse a grid that does not increase, or has fewer values than given here or more than `MOST_VALUES`.

    Raises
    ------
    ValueError
        If a grid is refused.
    """
    for name, least in fewest.items():
        grid = getattr(params, name)
        if any(after <= before for before, after in itertools.pairwise(grid)):
            raise ValueError(f"{name} is {_in_words(tuple(grid))}; wanted increasing numbers, each once")
        if not least <= len(grid) <= MOST_VALUES:
            raise ValueError(f"{name} has {len(grid)} values; wanted {least} to {MOST_VALUES}")


def one_of(params, **known):
    """Refuse a value that is not among those given for its field.

    Raises
    ------
    ValueError
        If a value is refused.
    """
    for name, options in known.items():
        if getattr(params, name) not in options:
            raise ValueError(f"{name} is {getattr(params, name)}; wanted one of {_in_words(tuple(options))}")


def at_most(most, **sizes):
    """Refuse sizes whose product exceeds `most`, because they would need more memory than a laptop has.

    Raises
    ------
    ValueError
        If the sizes are refused.

    Examples
    --------
    >>> at_most(1e6, n_neurons=4000, n_features=500)
    Traceback (most recent call last):
    ValueError: n_neurons x n_features is 4000 x 500; wanted a product of at most 1e+06, for the memory's sake
    """
    if math.prod(sizes.values()) > most:
        values = " x ".join(map(str, sizes.values()))
        raise ValueError(
            f"{' x '.join(sizes)} is {values}; wanted a product of at most {most:g}, for the memory's sake"
        )


def _parsed(name, text, now):
    """Parse `text` as a value of the field's current type."""
    try:
        if isinstance(now, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(now, int):
            return int(text)
        if isinstance(now, float):
            return _finite(float(text))
        if isinstance(now, str):
            return text
        if isinstance(now, tuple):
            kinds = {type(each) for each in now}
            values = [each.strip() for each in text.strip("()[]").split(",") if each.strip()]
            if not values:
                raise ValueError
            return tuple(values if kinds == {str} else map(_number, values))
    except (ValueError, KeyError):
        pass
    raise ValueError(f"'{text}' is no value for '{name}'; wanted {_kind(now)}, as in {name}={_in_words(now)}")


def _number(text):
    return int(text) if text.lstrip("+-").isdigit() else _finite(float(text))


def _finite(number):
    if not math.isfinite(number):
        raise ValueError
    return number


def _kind(value):
    if isinstance(value, tuple):
        return "words separated by commas" if {type(each) for each in value} == {str} else "numbers separated by commas"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}.get(type(value), "JSON")


def _in_words(value):
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)
