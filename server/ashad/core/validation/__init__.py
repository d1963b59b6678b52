"""Validation: what may be wrong, each mistake named with its field and its fix.

search_space  a space and its parameters
study_spec    a spec, its limits, a configuration
space_change  another version of the space of a study that runs
relations     constraints among parameters
differences   how two specs differ, in words
remarks       notes, labels and attributes
"""
