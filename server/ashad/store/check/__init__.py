"""Checks of a file.

verify  the quick check before a file is served
audit   every checksum, and a replay of every study
"""
