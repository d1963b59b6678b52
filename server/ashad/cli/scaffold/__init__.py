"""`ashad init`: a first study file, from a few questions or from a script's own options.

argparse_hook   what a script is run with, so that it tells its options and ends
init            the command: flags, questions, and the file
proposal        ranges proposed for options, by default, type and name
script_options  the options of a script, by running it up to where it reads them
study_text      the commented study file
"""
