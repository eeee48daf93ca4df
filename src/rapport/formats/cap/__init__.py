"""Pure: the Common Alerting Protocol. Reads 1.0, 1.1 and 1.2, checks, repairs, signs and threads messages, writes 1.2.

`reading.read` makes a Message of a file, `validation.validate` says what is wrong with it, `writing.write` makes a file
of an Alert, `signing.sign` and `signature.check` see to signatures, `chain.threads` says what several mean together.
"""
