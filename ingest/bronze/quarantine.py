"""Quarantine that people can work: what is there, why, and how it gets out."""
