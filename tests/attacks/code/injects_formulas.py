"""Raises text that a spreadsheet would run, with quotes, separators and new lines for a careless CSV.

exercise: 08_bayes_error
verdict: crashed
"""

TEXT = '=cmd|\' /C calc\'!A0\n+HYPERLINK("http://example.org")\n@SUM(1)\t=1+1,"100","100"\r\n-2+3";100;100'


def linear_error(w, signal, kappa, sigma):
    raise ValueError(TEXT)
