"""Raises text that is HTML, a template and a script, for whoever opens the report.

exercise: 08_bayes_error
verdict: crashed
"""

TEXT = """</pre></td><script>alert("FLS-ATTACK-SCRIPT")</script><img src=x onerror=alert("FLS-ATTACK-SCRIPT")>
{{ 7 * 7 }}{% for x in () %}{# <style>*{display:none}</style> javascript:alert(1) &lt;b&gt; <!-- ]]> -->"""
Evil = type("<script>FLS-ATTACK-SCRIPT</script>", (Exception,), {})


def linear_error(w, signal, kappa, sigma):
    raise Evil(TEXT)
