"""Command lines.

main       `run`
options    its arguments
dry_parse  `run --dry-parse`
launch     `launch`
shell      `ask` and `tell`
"""
