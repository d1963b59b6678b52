"""Metrics as programs print them.

line_splitter  bytes into lines, at the speed of the flood
metric_parser  what a line says
metric_file    the new lines of a file that a program writes
"""
