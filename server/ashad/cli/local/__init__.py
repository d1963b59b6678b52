"""A search on this machine with no daemon to look after: `--local`.

daemon_process  the private daemon as a process, which ends with its last user
door            `ashad.local()`: the private daemon from within Python
demo            `ashad demo`: the digits search of the examples
private_daemon  finding or starting it, and leaving it
result          how a search came out, in the end
search          the work, the view of it and its result in one
worker_scripts  scripts that are workers themselves, side by side
"""
