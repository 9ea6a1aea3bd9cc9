"""Prints what Python prints when it dies, with frames of its own invention, and then dies.

exercise: 08_bayes_error
verdict: crashed
"""

import os


def linear_error(w, signal, kappa, sigma):
    os.write(2, b"Fatal Python error: grader-fault\n")
    os.write(2, b'  File "08_bayes_error.py", line 1 in <script>FLS-ATTACK-SCRIPT</script>\n' * 1000)
    os.abort()
