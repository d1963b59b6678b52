"""`ashad notify`: tell somebody when something of a study happened; the daemon runs nothing.

delivery  how an event reaches a command or an address on the web
events    which events there are, and when one has happened
notify    the command
position  what was told already, in a file
"""
