"""Readers of vector files, including untrusted ones: format, encoding, features and areas."""
