"""Raises text that closes CDATA sections, and characters that XML 1.0 or UTF-8 does not have.

exercise: 08_bayes_error
verdict: crashed
"""

TEXT = ']]></failure></testcase><testcase name="forged" classname="08"/><!--\x00\x0b\ufffe\uffff\ud800&#0;'
TEXT += '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;'


def linear_error(w, signal, kappa, sigma):
    raise ValueError(TEXT)
