"""Study files: bytes to plain data, and values that were typed.

comments     what the contract says of its fields
json_schema  the file as a JSON Schema
reference    every key, its type, default and meaning
space_edit   another version of a space, as it is typed
study        a file as name and spec; every mistake is named with file and key
values       NAME=VALUE fitted to the space
yaml_text    YAML 1.2 text to plain data, bounded
"""
