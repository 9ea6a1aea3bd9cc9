"""Parameters from words: ``--set kappa=3 --set log2_alpha=-12,-4,0`` changes fields of a demo's Params."""

import dataclasses
import difflib
import json
import math


def replaced(params, settings):
    """`params` with the fields that `settings` name set to other values of the same kind.

    Parameters
    ----------
    params : dataclass
    settings : iterable of str
        ``FIELD=VALUE`` each; several values of a tuple are separated by commas.

    Returns
    -------
    dataclass

    Raises
    ------
    ValueError
        In one sentence, for a setting without ``=``, an unknown or repeated field, or a value of another kind.

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


def _parsed(name, text, now):
    """`text` as a value of the kind that the field has now."""
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
