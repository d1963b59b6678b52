"""Study files: bytes to plain data, and values that were typed.

load    TOML or YAML 1.2 text to plain data, bounded
study   a file as name and spec; every mistake is named with file and key
values  NAME=VALUE fitted to the space
"""
