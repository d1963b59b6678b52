"""Metrics as programs print them.

line_splitter    bytes into lines, at the speed of the flood
number           numbers in the notations of the field
resource_finder  where a line says how far the training is
metric_parser    what a line says
line_reader      what a stream of lines says, progress bars among them
progress         the resource of each reading; which lines were not taken
metric_file      the new lines of a file that a program writes
"""
