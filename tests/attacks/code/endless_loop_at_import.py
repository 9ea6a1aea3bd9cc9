"""Never finishes loading.

exercise: 08_bayes_error
verdict: timeout
"""

while True:
    pass
