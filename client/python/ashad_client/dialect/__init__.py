"""One dialect of a study: what a file says and what a dict in Python says, read by one reader.

synonyms    words of other tools, named in errors
table       a strict view of one table; every mistake is kept with its path
parameters  the space, its conditions, and values fitted to it
study       the whole: keys of the contract, algorithms and samplers by their type
file        TOML text to plain data, bounded; a file as name and spec

Keys and types follow the descriptors of the contract, so a new algorithm or sampler needs no line
here. Standard library and protobuf only, for training machines.
"""
