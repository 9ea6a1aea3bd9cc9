"""Prints and raises codes that clear a terminal, change its title, hide text, and mark-up of the library rich.

exercise: 08_bayes_error
verdict: crashed
"""

CODES = "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b[8m\x9b31m\r100/100\x08\x7f\x00\u202egnorw\u2066\u2028"
CODES += "[bold green]passed[/] [link=file:///etc/passwd]here[/link] [/nothing]"


def linear_error(w, signal, kappa, sigma):
    print(CODES)
    raise ValueError(CODES)
