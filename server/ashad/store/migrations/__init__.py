"""Migrations, one module for each version of the schema; none imports what may change later.

v1  the first tables
v2  a report in about half the bytes
v3  numbers in the readable view are numbers
v4  what people say, and where attempts ran
v5  imported reports in the readable view
v6  where the trials of a population come from
"""
