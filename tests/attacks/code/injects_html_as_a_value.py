"""Returns HTML and a template as the answer, which the card of the counterexample shows.

exercise: 08_bayes_error
verdict: wrong
"""


def linear_error(w, signal, kappa, sigma):
    return "<script>FLS-ATTACK-SCRIPT</script>{{ config }}'\"><svg onload=alert('FLS-ATTACK-SCRIPT')>"
