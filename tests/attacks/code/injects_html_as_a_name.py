"""Defines functions whose names are HTML, which the message about the missing one lists.

exercise: 08_bayes_error
verdict: missing
"""

import types


def other():
    return 0.5


for name in ("<script>FLS-ATTACK-SCRIPT</script>", "[red]rich[/red][/nothing]", "=cmd()", "\x1b[2J"):
    globals()[name] = types.FunctionType(other.__code__, globals(), name)
