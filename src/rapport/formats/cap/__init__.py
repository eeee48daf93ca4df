"""Pure: the Common Alerting Protocol. Reads 1.0, 1.1 and 1.2, checks, repairs, signs and threads messages, writes 1.2.

`reading.read` makes Messages of a file, `validation.validate` says what is wrong with one, `writing.write` makes a
file of an Alert, `signing.sign` and `signature.check` see to its signatures, `chain.threads` says what several of them mean
together."""
