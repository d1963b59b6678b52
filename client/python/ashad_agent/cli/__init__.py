"""Command lines.

main       `run`
options    its arguments
dry_parse  `run --dry-parse`
shell      `ask` and `tell`
"""
