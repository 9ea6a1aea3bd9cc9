"""Print the lowest requirements that setup.cfg allows, those of the named extras too: for `make test-lowest`."""

import configparser
import sys
from pathlib import Path


def lowest(config, *extras):
    """Every requirement of ``name >= bound`` in the text of setup.cfg as ``name==bound``.

    >>> lowest("[options]\\ninstall_requires =\\n a >= 1.2, < 3\\n[options.extras_require]\\nmore =\\n b >= 2", "more")
    ['a==1.2', 'b==2']
    """
    setup = configparser.ConfigParser()
    setup.read_string(config)
    lists = setup["options"]["install_requires"], *(setup["options.extras_require"][extra] for extra in extras)
    lines = [line for each in lists for line in each.splitlines() if line.strip()]
    return [line.split(",")[0].replace(">=", "==").replace(" ", "") for line in lines]


if __name__ == "__main__":
    print(*lowest(Path(__file__).parents[1].joinpath("setup.cfg").read_text(encoding="utf-8"), *sys.argv[1:]))
