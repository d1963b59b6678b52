"""A study as tables: for data frames, for files of columns, for the cell of a notebook.

columns  trials or reports by typed columns, read page by page
frame    such columns as a pandas, polars or Arrow table
html     a study or a trial as a notebook shows it
"""
