"""Migrations, one module for each version of the schema.

v2  from version 1 to version 2
"""
