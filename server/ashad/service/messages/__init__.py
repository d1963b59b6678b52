"""Messages of the contract to plain values and back; nothing is decided here.

from_proto  messages to plain values, refusing what is malformed
to_proto    plain values to messages
attempts    attempts and their attributes to messages
answers     the answers to reports, as bytes
quotas      quotas, and who has them, to messages
dump        a study with its trials and reports as one run of bytes
goals       what a study is judged by, between spec and message
spaces      spaces and their values to messages and back
settings    the settings of an algorithm or sampler, between class and message
"""
